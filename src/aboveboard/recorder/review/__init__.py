"""What was recorded and not sent yet, as the person looks at it before it leaves."""
