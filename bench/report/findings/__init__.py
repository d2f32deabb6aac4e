"""Findings of a run: results, rankings, series, totals and joules as typed values, without a word of text."""
