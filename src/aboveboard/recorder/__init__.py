"""What runs on the contributor's laptop: observe, gate, redact, spool, review, upload."""
