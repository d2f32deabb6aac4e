"""The page of a comparison: what changed between two sides, in words, a picture and tables."""
