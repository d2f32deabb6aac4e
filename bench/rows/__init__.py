"""Turns samples into result rows: ratios, ranking, break-even, delegation and status."""
