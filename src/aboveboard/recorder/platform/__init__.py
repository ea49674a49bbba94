"""Where input comes from, one module a platform, behind one protocol."""
