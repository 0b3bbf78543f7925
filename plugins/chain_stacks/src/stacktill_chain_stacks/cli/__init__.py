"""``stacktill chain``: look at Stacks, and send to it."""
