"""Agents that learn everyday tasks from recordings: collected, trained, and evaluated live on real input."""
