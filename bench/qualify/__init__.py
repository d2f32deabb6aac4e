"""How good the timing is on this machine: the same thing timed against itself, and known differences looked for."""
