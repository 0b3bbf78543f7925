"""The checkout inside a shop's page: the module that shops import, and who may frame the page."""
