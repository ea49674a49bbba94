"""What of the screen may be seen: pixels of permitted windows, taken from each window by itself and kept in memory."""
