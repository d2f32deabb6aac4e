"""The cases to measure: axes, configurations and layer files, expanded to a job."""
