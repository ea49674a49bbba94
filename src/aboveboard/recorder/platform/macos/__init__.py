"""macOS: a listen-only event tap, AX elements. Never run on real hardware here; see the README."""
