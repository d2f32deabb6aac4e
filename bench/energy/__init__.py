"""Joules: meters behind one protocol, windows on counter edges, one uncertainty for each figure."""
