"""Predicts the fastest implementation from a cost model fitted to measured times, and measures the regret of `auto`."""
