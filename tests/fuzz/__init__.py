"""Parsers of what strangers send, given bytes that a fuzzer makes."""
