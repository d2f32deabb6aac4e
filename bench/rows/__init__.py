<<<<<<< HEAD
"""The rows of a run: times, ratios, ranking and break-even of the implementations of a case."""
=======
"""Turns samples into result rows: ratios, ranking, break-even, delegation and status."""
>>>>>>> origin/main
