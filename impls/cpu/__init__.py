"""Kernels on arrays, compiled for this processor: a compiler of their own, and four families of them.

Kernels know strides and sizes; each family's `plan` makes them from a case.
"""
