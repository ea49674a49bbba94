"""The collector's routes."""
