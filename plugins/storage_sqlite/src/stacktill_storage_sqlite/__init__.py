"""stacktill keeps its books in one SQLite file."""
