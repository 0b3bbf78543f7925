"""Stacks for stacktill: the wire format, clients of nodes and APIs, and the chain that the watcher reads."""
