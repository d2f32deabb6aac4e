"""Statistics of samples: medians, shares, ratios and their intervals. Pure functions of numbers."""
