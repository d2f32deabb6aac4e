"""Prints tables and progress in the terminal; the only package that prints."""
