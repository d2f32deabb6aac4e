"""The figures, each a function from findings to one SVG image."""
