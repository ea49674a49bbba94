"""Displays, windows, the accessibility tree, browsers and synthesised input; knows no policy."""
