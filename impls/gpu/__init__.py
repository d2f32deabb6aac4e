"""Kernels on tensors of an NVIDIA GPU, compiled by Triton. They know strides and sizes, no ConvProblem."""

from __future__ import annotations

import os

from impls.cache_folder import cache_folder

# Triton's own default is in the home folder: one folder keeps all that was paid for once, and may be moved as one.
os.environ.setdefault("TRITON_CACHE_DIR", str(cache_folder() / "triton"))
