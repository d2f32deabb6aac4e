"""Decides whether an implementation computes the right result, before and after timing."""
