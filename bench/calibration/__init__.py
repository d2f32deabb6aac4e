"""Measures the ceilings of a device (FLOP/s and bytes/s), which measured times are compared with."""
