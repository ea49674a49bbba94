"""Records how people use computers to teach agents: with consent, redacted on their laptop, checkable."""

__version__ = "0.1.0"
