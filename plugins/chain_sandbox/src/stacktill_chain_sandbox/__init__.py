"""A scripted Stacks chain for stacktill: test mode, demonstrations and tests."""
