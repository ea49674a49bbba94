"""Where the collector keeps its rows and its sealed segments."""
