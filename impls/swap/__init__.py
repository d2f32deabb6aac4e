"""Swaps the convolutions of a network for chosen implementations, and proves that its results are right."""
