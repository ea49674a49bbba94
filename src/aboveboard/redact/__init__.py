"""Removes what is sensitive from text, names, titles, addresses and typed input, before anything is kept."""
