"""Kernels on tensors of an NVIDIA GPU, compiled by Triton, and their plans.

Kernels know strides and sizes; a plan makes these from a case.
"""

from __future__ import annotations

import os

from impls.cache_folder import cache_folder

# Triton's default is in the home folder; here all compiled kernels are in one folder, which users may move.
os.environ.setdefault("TRITON_CACHE_DIR", str(cache_folder() / "triton"))
