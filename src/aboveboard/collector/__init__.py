"""The organisation's server: takes sealed segments, keeps half of each key, writes the log. It never opens a seal."""
