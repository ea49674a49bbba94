"""What was recorded and not yet sent: redacted, encrypted, bounded, and the person's to look at and delete."""
