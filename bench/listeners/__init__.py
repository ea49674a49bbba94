"""The recorders that bench/recorder.py compares, each a process of its own: `python -m bench.listeners.NAME FOLDER`.

Each says "ready" when it listens, works until its standard input ends, and then says what it has as one line of JSON:
{"n": events, "bytes": on disk}.
"""
