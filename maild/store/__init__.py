"""The state of an installation, and the only user of SQLAlchemy.

Each call is one short transaction, bound to one client. Clocks, ids and tokens are arguments.
"""
