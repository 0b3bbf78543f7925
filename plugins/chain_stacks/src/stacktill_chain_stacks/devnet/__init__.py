"""``stacktill devnet``: the local chain of contracts/devnet, and a till in live mode on it."""
