"""Verifier and monitor: every promise checked from outside, with core and wire only, against a hostile server too."""
