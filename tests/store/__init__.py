"""The state on a real SQLite."""
