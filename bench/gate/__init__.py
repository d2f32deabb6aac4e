"""Proves results right: draws inputs, holds outputs to their error bounds, detects plans that cheat."""
