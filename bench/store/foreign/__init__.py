"""Reads results of other programs, so that their numbers can be compared as ours are: one file a format."""
