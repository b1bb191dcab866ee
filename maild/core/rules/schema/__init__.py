"""The JSON schema of rules files, made from the tables that the parser reads by."""
