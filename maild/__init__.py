"""maild: the machine room of a German secretary service."""
