"""From the data of a rules file to compiled rules; nothing else knows what the keys of the file are called."""
