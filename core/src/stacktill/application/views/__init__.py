"""The API forms of the domain's objects, as plain dictionaries ready to be encoded."""
