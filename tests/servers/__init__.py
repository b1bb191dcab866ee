"""Real mail servers on free loopback ports, for tests."""
