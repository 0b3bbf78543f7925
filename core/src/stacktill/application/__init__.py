"""The use cases: one verb each, and the only place where a transaction begins and ends."""
