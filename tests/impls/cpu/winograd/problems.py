"""Names, layouts, groups and vector units for the tests of Winograd's kernels."""

from __future__ import annotations

from impls.cpu.compiler.host import unit_of

NAMES = ["winograd-f2", "winograd-f4", "winograd-f5", "winograd-f6"]
LAYOUTS = ["nchw", "nhwc"]
GROUPS = [
    ("spread over vectors", "g7mb1ic28ih9oc28kh3ph1"),
    ("spread over vectors, the last slice a part", "g11mb1ic44ih9oc44kh3ph1"),
    ("one channel each", "g19mb2ic19ih6oc19kh3ph1"),
    ("whole vectors", "g3mb1ic96ih13oc96kh3ph1"),
    ("one vector each", "g5mb2ic80ih7oc80kh3ph1"),
    ("more filters than channels", "g6mb1ic18ih8oc192kh3ph1"),
    ("fewer", "g3mb1ic120ih9oc48kh3ph1"),
    ("many channels: blocks of frequencies", "g2mb1ic768ih6oc512kh3ph1"),
    ("neither: by torch", "g3mb1ic15ih9oc21kh3ph1"),
]
UNITS = {
    "no AVX": unit_of({}, "x86_64"),
    "AVX2": unit_of({"avx": True, "fma": True}, "x86_64"),
    "AVX-512": unit_of({"avx512f": True}, "x86_64"),
    "NEON": unit_of({}, "aarch64"),
}
