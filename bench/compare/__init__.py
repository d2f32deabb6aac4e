"""Compares runs of two sides: is the new one slower? Matching, statistics, verdicts."""
