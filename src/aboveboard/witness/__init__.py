"""The workers' small server: signs one history of the log only, and guards their share of every key."""
