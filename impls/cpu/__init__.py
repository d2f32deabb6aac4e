"""A compiler for kernels, and four families of kernels.

A kernel receives strides and sizes; its family's `plan` computes these from a case.
"""
