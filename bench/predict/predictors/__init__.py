"""Predictors of the time of a convolution behind one protocol: counts, roofline, α-FLOPs, and a law with a process."""
