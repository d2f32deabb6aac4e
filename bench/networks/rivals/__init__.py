"""Whole networks by other runtimes, and by ours, for timing side by side: one file a rival."""

# What tables call the side of ours.
SWAPPED = "swapped"
