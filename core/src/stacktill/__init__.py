"""stacktill: a self-hosted till that takes sBTC, made of a small core and drop-in plugins."""

__version__ = "0.1.0"
