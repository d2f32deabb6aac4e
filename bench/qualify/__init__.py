"""Measures how far the timing can be trusted, on pairs with a known true ratio."""
