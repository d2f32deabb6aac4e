"""Decides whether an implementation computes the right result, before and after timing."""

# Outputs of an implementation that are held at once, to see that they are distinct; two of a slow one.
OUTPUTS_HELD = 8
HOLDING_S = 0.1
