"""Whole jobs: a sweep, a measurement or a validation, from the first worker to the last record."""
