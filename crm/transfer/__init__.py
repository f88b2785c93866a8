"""Customers, and what hangs on them, in from files and out to files."""
