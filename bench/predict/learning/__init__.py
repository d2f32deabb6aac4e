"""Learns the times of a machine: which shapes to measure next, and the model of `auto`."""
