"""Plug-ins that try to look faster than they are, one a file; test_attacks.py has the table."""
