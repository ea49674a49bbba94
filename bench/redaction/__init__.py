"""The corpus of `python -m bench.redact`, how it is made and scored, and the peers it is scored beside."""
