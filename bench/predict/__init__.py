"""Predicts times and the fastest implementation by models of measured times, and measures the regret of `auto`."""
