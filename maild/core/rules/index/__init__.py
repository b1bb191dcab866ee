"""Which rules of a large set may hold for a mail, found without asking each."""
