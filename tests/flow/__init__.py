"""Tests of the stages in process: real servers and a real store, without the daemon's threads."""
