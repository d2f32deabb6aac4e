"""Writes the source of complex FFTs of many columns at once: one lane for each column, one pass for each radix.

The autosort (Stockham) algorithm with decimation in frequency (C. Van Loan, "Computational Frameworks for the Fast
Fourier Transform", SIAM 1992, section 1.7): a pass of radix r takes x seen as (r, m, s) to y seen as (m, r, s),

    y[p, k, q] = ω_n^{p·k} · Σ_j ω_r^{j·k} · x[j, p, q],    n = r·m,

and the next pass continues with n = m, s = r·s, until n is 1: the result is in order, and no pass permutes lanes. Real
and imaginary parts are neighbouring vectors; an inverse transform is a forward one with the two parts exchanged.
"""

from __future__ import annotations

import math

import numpy as np

# Fewest multiplications first; two passes of 4 read memory as often as passes of 8 and 2, with half the registers.
RADICES = (4, 5, 3, 2)


def factors(length: int) -> tuple[int, ...]:
    """The radices of the passes, 4s first. Raises ValueError for a length that is not 5-smooth."""
    found = []
    rest = length
    for radix in RADICES:
        while rest % radix == 0:
            found.append(radix)
            rest //= radix
    if rest != 1:
        raise ValueError(f"a transform of {length} points has a factor above 5; allowed: products of 2, 3 and 5")
    return tuple(found)


def twiddles(length: int, dtype: str) -> np.ndarray:
    """ω_n^{p·k} of all passes one after another, each (m, r − 1, 2), computed in double precision."""
    parts, n = [np.zeros(0)], length
    for radix in factors(length):
        m = n // radix
        angles = -2 * np.pi * np.outer(np.arange(m), np.arange(1, radix)) / n
        parts.append(np.stack([np.cos(angles), np.sin(angles)], axis=-1).ravel())
        n = m
    return np.concatenate(parts).astype(dtype)


def encoded(length: int) -> int:
    """The radices as octal digits of one integer, the first radix in the lowest digit: the form that kernels take."""
    return sum(radix << _DIGIT_BITS * place for place, radix in enumerate(factors(length)))


def source(lanes: int, size: int) -> str:
    """The text of the kernel `transform`, with a function for the passes of each radix."""
    transform = _TRANSFORM.format(lanes=lanes, size=size, bits=_DIGIT_BITS, mask=2**_DIGIT_BITS - 1)
    return "".join(_pass(radix, lanes) for radix in RADICES) + transform


_DIGIT_BITS = 3

_TRANSFORM = """

@kernel(8)
def transform(x, y, other, re, im, w, radices, length):
    # Transforms `length` pairs of vectors from x to y, with room for as many at `other`; `re` and `im` are the places
    # of the parts in a pair. Passes alternate between y and `other`, so that the last one ends at y.
    to, rest = other, radices
    while rest:
        to = y if to == other else other
        rest >>= {bits}
    if length == 1:
        store(y, 0, load(x, 0))
        store(y, {lanes}, load(x, {lanes}))
    n, s = length, 1
    while n > 1:
        r = radices & {mask}
        radices >>= {bits}
        m = n // r
        if r == 4:
            _pass_4(x, to, re, im, w, m, s)
        elif r == 5:
            _pass_5(x, to, re, im, w, m, s)
        elif r == 3:
            _pass_3(x, to, re, im, w, m, s)
        else:
            _pass_2(x, to, re, im, w, m, s)
        w += {size} * 2 * m * (r - 1)
        x = to
        to = y if to == other else other
        n, s = m, s * r
"""


def _pass(radix: int, lanes: int) -> str:
    lines = ["", "", "@function", f"def _pass_{radix}(x, y, re, im, w, m, s):"]
    lines += ["    for p in range(m):"]
    for k in range(1, radix):
        at = f"p * {2 * (radix - 1)} + {2 * (k - 1)}"
        lines += [f"        u{k}, v{k} = broadcast(w, {at}), broadcast(w, {at} + 1)"]
        lines += [f"        n{k} = scale(v{k}, -1.0)"]
    lines += ["        for q in range(s):"]
    lines += [f"            at = (p * s + q) * {2 * lanes}", f"            to = (p * {radix} * s + q) * {2 * lanes}"]
    lines += [f"            step, apart = m * s * {2 * lanes}, s * {2 * lanes}"]
    for j in range(radix):
        lines += [f"            a{j}, b{j} = load(x, at + {j} * step + re), load(x, at + {j} * step + im)"]
    lines += [f"            {line}" for line in _BUTTERFLIES[radix]]
    lines += ["            store(y, to + re, c0)", "            store(y, to + im, d0)"]
    for k in range(1, radix):
        lines += [f"            store(y, to + {k} * apart + re, fma(d{k}, n{k}, mul(c{k}, u{k})))"]
        lines += [f"            store(y, to + {k} * apart + im, fma(c{k}, v{k}, mul(d{k}, u{k})))"]
    return "\n".join(lines) + "\n"


def _sum(name: str, x: int, y: int) -> list[str]:
    return [f"{name}a, {name}b = add(a{x}, a{y}), add(b{x}, b{y})"]


def _difference(name: str, x: int, y: int) -> list[str]:
    return [f"{name}a, {name}b = sub(a{x}, a{y}), sub(b{x}, b{y})"]


_SIN3 = math.sqrt(3) / 2
_COS5, _SIN5 = [math.cos(2 * math.pi * k / 5) for k in (1, 2)], [math.sin(2 * math.pi * k / 5) for k in (1, 2)]

# Sums c + i·d of inputs a + i·b, weighted by the roots of unity.
_BUTTERFLIES: dict[int, list[str]] = {
    2: [
        "c0, d0 = add(a0, a1), add(b0, b1)",
        "c1, d1 = sub(a0, a1), sub(b0, b1)",
    ],
    3: [
        *_sum("t", 1, 2),
        *_difference("s", 1, 2),
        "c0, d0 = add(a0, ta), add(b0, tb)",
        "ma, mb = fma_scaled(ta, -0.5, a0), fma_scaled(tb, -0.5, b0)",
        f"c1, d1 = fma_scaled(sb, {_SIN3!r}, ma), fma_scaled(sa, {-_SIN3!r}, mb)",
        f"c2, d2 = fma_scaled(sb, {-_SIN3!r}, ma), fma_scaled(sa, {_SIN3!r}, mb)",
    ],
    4: [
        *_sum("t", 0, 2),
        *_difference("s", 0, 2),
        *_sum("g", 1, 3),
        *_difference("h", 1, 3),
        "c0, d0 = add(ta, ga), add(tb, gb)",
        "c1, d1 = add(sa, hb), sub(sb, ha)",
        "c2, d2 = sub(ta, ga), sub(tb, gb)",
        "c3, d3 = sub(sa, hb), add(sb, ha)",
    ],
    5: [
        *_sum("t", 1, 4),
        *_sum("g", 2, 3),
        *_difference("s", 1, 4),
        *_difference("h", 2, 3),
        "c0, d0 = add(a0, add(ta, ga)), add(b0, add(tb, gb))",
        *(
            line
            for n, (x, y) in enumerate((("t", "g"), ("g", "t")))
            for line in (
                f"m{n}a = fma_scaled({x}a, {_COS5[0]!r}, fma_scaled({y}a, {_COS5[1]!r}, a0))",
                f"m{n}b = fma_scaled({x}b, {_COS5[0]!r}, fma_scaled({y}b, {_COS5[1]!r}, b0))",
            )
        ),
        f"r0a = fma_scaled(sa, {_SIN5[0]!r}, scale(ha, {_SIN5[1]!r}))",
        f"r0b = fma_scaled(sb, {_SIN5[0]!r}, scale(hb, {_SIN5[1]!r}))",
        f"r1a = fma_scaled(sa, {_SIN5[1]!r}, scale(ha, {-_SIN5[0]!r}))",
        f"r1b = fma_scaled(sb, {_SIN5[1]!r}, scale(hb, {-_SIN5[0]!r}))",
        "c1, d1 = add(m0a, r0b), sub(m0b, r0a)",
        "c2, d2 = add(m1a, r1b), sub(m1b, r1a)",
        "c3, d3 = sub(m1a, r1b), add(m1b, r1a)",
        "c4, d4 = sub(m0a, r0b), add(m0b, r0a)",
    ],
}
