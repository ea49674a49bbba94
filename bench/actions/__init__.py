"""Do the actions that are rebuilt from a recording agree with what was done? Real X input, the real recorder, a browser
and three desktop programs; hands slow and fast, with slips and tremor. `python -m bench.actions --help`"""
