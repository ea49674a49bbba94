"""Windows: Raw Input, UI Automation. Never run on real hardware here; see the README."""
