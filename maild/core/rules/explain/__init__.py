"""Why rules did, or did not, hold for a mail, and in which words that is told."""
