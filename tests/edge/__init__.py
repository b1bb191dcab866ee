"""Tests of the edge against real and scripted servers."""
