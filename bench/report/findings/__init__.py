"""Computes what a report states, from result tables."""
