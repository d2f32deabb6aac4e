"""Measures time: candidates run in random order within blocks and are compared within a block."""

# The states of the caches at the start of a sample.
CACHES = ("warm", "cold")
