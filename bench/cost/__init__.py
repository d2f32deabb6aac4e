"""The cost of a convolution in operations, bytes, carbon and money. Pure functions of sizes, times and joules."""
