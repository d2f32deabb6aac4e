"""Kernels on tensors of an NVIDIA GPU, compiled by Triton. They know strides and sizes, no ConvProblem."""
