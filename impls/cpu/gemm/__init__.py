"""Implicit GEMM: a matrix product over patches of which only a block exists at a time."""
