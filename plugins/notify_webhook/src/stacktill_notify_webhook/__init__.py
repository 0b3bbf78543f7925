"""stacktill tells a shop's server what happened by signed HTTP webhooks."""
