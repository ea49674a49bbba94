"""Bytes on the wire and on disk, specified in docs/spec. Uses core only."""
