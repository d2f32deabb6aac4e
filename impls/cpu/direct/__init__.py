"""Direct convolution: sums of one tile of outputs stay in registers."""
