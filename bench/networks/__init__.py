"""Whole networks as lists of operations, from modules and files; some to run; convolutions that other programs name."""
