"""Reads the convolutions of pasted text: command lines, logs and tables of other programs, one file a format."""
