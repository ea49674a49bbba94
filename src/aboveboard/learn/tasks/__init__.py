"""Task suites: pages and programs in which something is to be done, and how one knows that it was."""
