"""Runs whole jobs (sweeps, single measurements, validation) and resumes interrupted sweeps."""
