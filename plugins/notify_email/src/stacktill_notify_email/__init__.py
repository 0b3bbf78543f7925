"""stacktill sends payers their receipts by e-mail."""
