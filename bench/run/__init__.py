"""Runs whole jobs: sweeps, single measurements, validation, and what resumes them."""
