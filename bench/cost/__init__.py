"""What a convolution costs: pure functions of sizes, of times and of joules."""
