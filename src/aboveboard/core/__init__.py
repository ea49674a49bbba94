"""Pure rules and mathematics. Imports nothing of ours, does no I/O, keeps no state."""
