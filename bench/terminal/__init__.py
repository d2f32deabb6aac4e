"""Prints results: the console, the progress bar, and one file a table. Nothing else in `bench` prints."""
