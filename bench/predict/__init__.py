"""Fits the cost model of `auto` to this machine, and measures how good its choices are."""
