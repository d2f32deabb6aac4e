"""Writes LLVM IR on vectors that llvmlite's builder lacks: splats, masks, blocks of lanes, addresses."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils

I1, I16, I32, I64 = (ir.IntType(bits) for bits in (1, 16, 32, 64))


def pointer(b: Any, address: Any, offset: Any, size: int, kind: Any) -> Any:
    """A pointer to element number `offset`, in elements of `size` bytes, from an integer address."""
    return b.inttoptr(b.add(address, b.mul(offset, ir.Constant(I64, size))), kind.as_pointer())


def splat(b: Any, kind: Any, value: Any) -> Any:
    """The same value in every lane."""
    undefined = ir.Constant(kind, ir.Undefined)
    first = b.insert_element(undefined, value, ir.Constant(I32, 0))
    return b.shuffle_vector(first, undefined, lane_numbers([0] * kind.count))


def lane_numbers(numbers: list[int]) -> Any:
    """The constant that selects lanes in a shuffle; lanes of the second operand count on from the first's."""
    return ir.Constant(ir.VectorType(I32, len(numbers)), numbers)


def counting(lanes: int) -> Any:
    """0, 1, 2 … as 64-bit integers."""
    return ir.Constant(ir.VectorType(I64, lanes), list(range(lanes)))


def first_lanes(b: Any, lanes: int, count: Any) -> Any:
    """The mask of the first `count` lanes; `count` may be negative or exceed `lanes`."""
    numbers = counting(lanes)
    return b.icmp_signed("<", numbers, splat(b, numbers.type, count))


def function(b: Any, signature: Any, name: str) -> Any:
    """The function of this name in the module, which numba's declare_intrinsic refuses for vectors."""
    return cgutils.get_or_insert_function(b.module, signature, name)  # type: ignore[no-untyped-call]


def suffix(kind: Any) -> str:
    """The element type as LLVM writes it in names of intrinsics."""
    if kind.element == I16:
        return "i16"
    return {"half": "f16", "float": "f32", "double": "f64"}[str(kind.element)]


def masked_load(b: Any, kind: Any, size: int, address: Any, offset: Any, count: Any) -> Any:
    """The first `count` elements, zeros in the other lanes, whose memory is not read."""
    source = pointer(b, address, offset, size, kind)
    mask = first_lanes(b, kind.count, count)
    return b.call(_masked_load(b, kind, source, mask), [source, ir.Constant(I32, size), mask, ir.Constant(kind, None)])


def _masked_load(b: Any, kind: Any, source: Any, mask: Any) -> Any:
    signature = ir.FunctionType(kind, [source.type, I32, mask.type, kind])
    return function(b, signature, f"llvm.masked.load.v{kind.count}{suffix(kind)}.p0")


def masked_store(b: Any, size: int, address: Any, offset: Any, value: Any, count: Any) -> None:
    """Store the first `count` lanes; memory of the other lanes is not written."""
    kind = value.type
    target = pointer(b, address, offset, size, kind)
    mask = first_lanes(b, kind.count, count)
    signature = ir.FunctionType(ir.VoidType(), [kind, target.type, I32, mask.type])
    store = function(b, signature, f"llvm.masked.store.v{kind.count}{suffix(kind)}.p0")
    b.call(store, [value, target, ir.Constant(I32, size), mask])


def prefetch(b: Any, size: int, address: Any, offset: Any, *, to_write: bool) -> None:
    """Prefetch the cache line of an element; unmapped memory is allowed."""
    place = pointer(b, address, offset, size, ir.IntType(8))
    signature = ir.FunctionType(ir.VoidType(), [place.type, I32, I32, I32])
    most, data = ir.Constant(I32, 3), ir.Constant(I32, 1)
    b.call(function(b, signature, "llvm.prefetch.p0"), [place, ir.Constant(I32, int(to_write)), most, data])


def lanes_between(b: Any, lanes: int, low: Any, high: Any) -> Any:
    """A 64-bit integer with a bit for each lane in [low, high); both bounds may be outside the vector."""
    none, all_lanes = ir.Constant(I64, 0), ir.Constant(I64, lanes)
    ends = []
    for end in (low, high):
        above = b.select(b.icmp_signed("<", end, none), none, end)
        ends.append(b.select(b.icmp_signed(">", above, all_lanes), all_lanes, above))
    last = b.select(b.icmp_signed("<", ends[1], ends[0]), ends[0], ends[1])
    one = ir.Constant(I64, 1)
    return b.sub(b.shl(one, last), b.shl(one, ends[0]))


def load_lanes(b: Any, kind: Any, size: int, address: Any, offset: Any, bits: Any) -> Any:
    """The lanes whose bit is set, zeros in the other lanes, whose memory is not read."""
    source = pointer(b, address, offset, size, kind)
    mask = lanes_of_bits(b, kind.count, bits)
    return b.call(_masked_load(b, kind, source, mask), [source, ir.Constant(I32, size), mask, ir.Constant(kind, None)])


def lanes_of_bits(b: Any, lanes: int, bits: Any) -> Any:
    """The mask made of the lowest bits of a 64-bit integer."""
    return b.bitcast(b.trunc(bits, ir.IntType(lanes)), ir.VectorType(ir.IntType(1), lanes))


def gather(b: Any, kind: Any, size: int, address: Any, offset: Any, mask: Any, step: Any) -> Any:
    """Elements that are `step` apart, where the mask is set; zeros in the other lanes, whose memory is not read."""
    numbers = counting(kind.count)
    places = b.add(splat(b, numbers.type, offset), b.mul(numbers, splat(b, numbers.type, step)))
    scaled = b.mul(places, splat(b, numbers.type, ir.Constant(I64, size)))
    addresses = b.add(scaled, splat(b, numbers.type, address))
    sources = b.inttoptr(addresses, ir.VectorType(kind.element.as_pointer(), kind.count))
    signature = ir.FunctionType(kind, [sources.type, I32, mask.type, kind])
    load = function(b, signature, f"llvm.masked.gather.v{kind.count}{suffix(kind)}.v{kind.count}p0")
    return b.call(load, [sources, ir.Constant(I32, size), mask, ir.Constant(kind, None)])


def blocks(b: Any, x: Any, y: Any, size: int, odd: bool) -> Any:
    """The even or the odd blocks of `size` lanes of x and of y in turn: x0 y0 x2 y2 …, or x1 y1 x3 y3 …

    Transpositions are made of this step: of each pair of blocks, one is in each result.
    """
    count = x.type.count
    numbers = []
    for lane in range(count):
        block, within = divmod(lane, size)
        from_x = (block & ~1) + odd
        numbers.append(from_x * size + within + (count if block & 1 else 0))
    return b.shuffle_vector(x, y, lane_numbers(numbers))


def even(b: Any, low: Any, high: Any) -> Any:
    """Elements 0, 2, 4 … of two reads; the second read began one element early, at the last lane of the first."""
    lanes = low.type.count
    return b.shuffle_vector(low, high, lane_numbers([*range(0, lanes, 2), *range(lanes + 1, 2 * lanes, 2)]))


def picked(b: Any, x: Any, y: Any, first: int, step: int, run: int) -> Any:
    """`run` lanes of x, then of y, from `first` on, `step` apart; a run that ends beyond x continues in y.

    So a run as long as a vector is taken from x and y together, and shorter runs that fit are taken from each.
    """
    count = x.type.count
    numbers = [lane // run * count + first + lane % run * step for lane in range(count)]
    return b.shuffle_vector(x, y, lane_numbers([number % (2 * count) for number in numbers]))


def alternate(b: Any, x: Any, y: Any, size: int, odd: bool) -> Any:
    """The even or the odd lanes of x and of y, elements of `size` bytes, by one shuffle inside blocks of 128 bits.

    Each block has those of x's block, then those of y's: `in_order` puts them in the order of x and y.
    """
    count = x.type.count
    return b.shuffle_vector(x, y, lane_numbers([lane + odd for lane in _even_lanes(count, size)]))


def in_order(b: Any, x: Any, size: int) -> Any:
    """The lanes of a result of `alternate`, or of sums of such results, as they followed each other in its operands."""
    count = x.type.count
    lanes = _even_lanes(count, size)
    numbers = lane_numbers([lanes.index(lane) for lane in range(0, 2 * count, 2)])
    return b.shuffle_vector(x, ir.Constant(x.type, ir.Undefined), numbers)


def _even_lanes(count: int, size: int) -> list[int]:
    """The even lanes of two vectors, in the order of `alternate`."""
    block = min(count, 16 // size)
    return [
        lane
        for first in range(0, count, block)
        for vector in (0, count)
        for lane in range(vector + first, vector + first + block, 2)
    ]


def spread(b: Any, x: Any, size: int, lane: int, *, by_index: bool = False) -> Any:
    """Lane number `lane` of each block of `size` lanes, copied over its block; `by_index`: see `permuted`."""
    numbers = lane_numbers([at - at % size + lane for at in range(x.type.count)])
    return permuted(b, x, numbers) if by_index else b.shuffle_vector(x, ir.Constant(x.type, ir.Undefined), numbers)


def permuted(b: Any, x: Any, numbers: Any) -> Any:
    """The lanes `numbers` of 16 floats, by one AVX-512 instruction that takes the numbers in a register.

    In assembly: where lanes cross 128 bits, LLVM makes two exchanges of a shuffle with constant numbers.
    """
    kind = ir.FunctionType(x.type, [x.type, numbers.type])
    return b.call(ir.InlineAsm(kind, "vpermps $1, $2, $0", "=v,v,v", side_effect=False), [x, numbers])


def total(b: Any, x: Any) -> Any:
    """The sum of all lanes, by adding halves until one is left: the same order on every processor of this width."""
    count = x.type.count
    while count > 1:
        count //= 2
        undefined = ir.Constant(x.type, ir.Undefined)
        parts = [b.shuffle_vector(x, undefined, lane_numbers(list(range(at, at + count)))) for at in (0, count)]
        x = b.fadd(*parts)
    return b.extract_element(x, ir.Constant(I32, 0))
