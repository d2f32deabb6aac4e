"""Kernels on arrays, compiled by Numba for the host. They know strides and sizes, no ConvProblem."""
