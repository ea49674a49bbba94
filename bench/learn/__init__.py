"""How well an agent does what it was shown, and what each part of the data is worth: see PROTOCOL.md beside this."""
