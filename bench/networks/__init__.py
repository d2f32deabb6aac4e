"""Whole networks, and the convolutions that other programs name."""
