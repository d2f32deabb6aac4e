"""Models joules from the work that was executed. Its files, one a microarchitecture, would be here: none is yet."""
