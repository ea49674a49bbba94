"""The whole way in one run: from a click on a private display to an agent that can do the task."""
