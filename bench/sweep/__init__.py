"""What to measure: axes, configurations and layer files, expanded to cases."""
