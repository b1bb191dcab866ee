"""The real daemon as a process, on real servers."""
