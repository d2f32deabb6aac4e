"""Measures everything that needs a GPU on one that is borrowed for half an hour, in stages."""
