"""Asking nodes and APIs of Stacks, with patience and without trust."""
