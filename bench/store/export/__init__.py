"""Writes a run in formats of other programs: one file a format, listed in formats.py."""
