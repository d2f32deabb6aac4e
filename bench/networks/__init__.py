"""Reads a whole network, from a module or a file, as the list of its operations, and gives some as modules to run."""
