"""Algorithms written in torch's own operations: they run on any device."""
