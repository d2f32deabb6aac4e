"""Kernels on arrays, compiled for the host. They know strides and sizes, no ConvProblem."""
