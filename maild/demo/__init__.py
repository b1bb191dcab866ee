"""`maild demo`: the real daemon on invented mail, with embedded servers and a secretary who is played over IMAP."""
