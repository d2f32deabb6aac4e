"""Turns samples into result rows: times, ratios, ranking, break-even and delegation."""
