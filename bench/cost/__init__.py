"""What a convolution costs on paper: pure functions of sizes."""
