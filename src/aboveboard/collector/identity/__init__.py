"""Who asks, what they may: accounts, sessions, devices' tokens, and the one table of routes and roles."""
