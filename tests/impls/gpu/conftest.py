"""Kernels are tested twice: interpreted on the CPU for their results, compiled for their use of a GPU.

Triton chooses between both when it is first loaded, so tests in interpreted/ have a process of their own, which
test_interpreted.py starts; to run one of them by hand, set TRITON_INTERPRET=1.
"""

from __future__ import annotations

from impls.gpu.target import is_interpreted

collect_ignore = ["test_interpreted.py", "test_compile_proof.py"] if is_interpreted() else ["interpreted"]
