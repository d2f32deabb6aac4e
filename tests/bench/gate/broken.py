"""A plug-in file of implementations that are wrong on purpose, each in one way."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

import impls


def _right(case: impls.Case, weight: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    p = case.problem
    padding = (p.padding[0][0], p.padding[1][0])
    return lambda x: F.conv2d(x, weight, None, p.stride, padding, p.dilation, p.groups)


def _tf32(values: torch.Tensor) -> torch.Tensor:
    bits = values.contiguous().view(torch.int32)
    return ((bits + 0xFFF + ((bits >> 13) & 1)) & ~0x1FFF).view(torch.float32)


@impls.register
class Good(impls.Implementation):
    name = "good"

    def plan(self, case, weight, bias):
        return _right(case, weight)


@impls.register
class OneElementOff(impls.Implementation):
    name = "one-element-off"

    def plan(self, case, weight, bias):
        right = _right(case, weight)

        def run(x: torch.Tensor) -> torch.Tensor:
            y = right(x)
            y[0, 0, -1, -1] += 0.05
            return y

        return run


@impls.register
class OffByOne(impls.Implementation):
    """Reads one column too far to the right."""

    name = "off-by-one"

    def plan(self, case, weight, bias):
        right = _right(case, weight)
        return lambda x: right(torch.roll(x, -1, dims=3))


@impls.register
class Tf32Inside(impls.Implementation):
    name = "tf32-inside"

    def plan(self, case, weight, bias):
        right = _right(case, _tf32(weight))
        return lambda x: right(_tf32(x))


@impls.register
class Memoising(impls.Implementation):
    """Remembers its result by the address of its input."""

    name = "memoising"

    def plan(self, case, weight, bias):
        right, known = _right(case, weight), {}

        def run(x: torch.Tensor) -> torch.Tensor:
            if x.data_ptr() not in known:
                known[x.data_ptr()] = right(x)
            return known[x.data_ptr()].clone()

        return run


@impls.register
class NotANumber(impls.Implementation):
    name = "nan"

    def plan(self, case, weight, bias):
        right = _right(case, weight)
        return lambda x: right(x) / 0 * 0


@impls.register
class WritesItsInput(impls.Implementation):
    name = "writes-input"

    def plan(self, case, weight, bias):
        right = _right(case, weight)

        def run(x: torch.Tensor) -> torch.Tensor:
            y = right(x)
            x.mul_(0.5)
            return y

        return run


@impls.register
class WritesItsInputLater(impls.Implementation):
    """Right for ten calls: only the timing loop calls it more often."""

    name = "writes-input-later"

    def plan(self, case, weight, bias):
        right, calls = _right(case, weight), []

        def run(x: torch.Tensor) -> torch.Tensor:
            y = right(x)
            calls.append(1)
            if len(calls) > 10:
                x.mul_(0.999)
            return y

        return run


@impls.register
class LazyLater(impls.Implementation):
    """Right at first, then returns garbage without computing."""

    name = "lazy-later"

    def plan(self, case, weight, bias):
        right, calls = _right(case, weight), []

        def run(x: torch.Tensor) -> torch.Tensor:
            calls.append(1)
            return right(x) if len(calls) < 10 else torch.zeros(case.problem.output_shape)

        return run


@impls.register
class WrongShape(impls.Implementation):
    name = "wrong-shape"

    def plan(self, case, weight, bias):
        right = _right(case, weight)
        return lambda x: right(x)[:, :, :-1]


@impls.register
class WrongType(impls.Implementation):
    name = "wrong-type"

    def plan(self, case, weight, bias):
        right = _right(case, weight)
        return lambda x: right(x).double()


@impls.register
class WrongLayout(impls.Implementation):
    name = "wrong-layout"

    def plan(self, case, weight, bias):
        right = _right(case, weight)
        return lambda x: right(x).contiguous(memory_format=torch.channels_last)


@impls.register
class ReturnsNothing(impls.Implementation):
    name = "returns-nothing"

    def plan(self, case, weight, bias):
        return lambda x: None


class _LazyTensor(torch.Tensor):
    """Computes when something looks at it."""

    compute: Callable[[], torch.Tensor]

    @classmethod
    def __torch_function__(cls, function, types, given=(), kwargs=None):
        computed = [value.compute() if isinstance(value, _LazyTensor) else value for value in given]
        return function(*computed, **(kwargs or {}))


@impls.register
class LazySubclass(impls.Implementation):
    """Returns a tensor that computes after the clock has stopped."""

    name = "lazy-subclass"

    def plan(self, case, weight, bias):
        right = _right(case, weight)

        def run(x: torch.Tensor) -> torch.Tensor:
            y = torch.empty(0).as_subclass(_LazyTensor)
            y.compute = lambda: right(x)
            return y

        return run


@impls.register
class SameBuffer(impls.Implementation):
    """Hands out the same buffer for every call."""

    name = "same-buffer"

    def plan(self, case, weight, bias):
        right, buffer = _right(case, weight), torch.empty(case.problem.output_shape)
        return lambda x: buffer.copy_(right(x))


@impls.register
class MemoisingByVersion(impls.Implementation):
    """Remembers by address and version counter."""

    name = "memoising-by-version"

    def plan(self, case, weight, bias):
        right, known = _right(case, weight), {}

        def run(x: torch.Tensor) -> torch.Tensor:
            key = (x.data_ptr(), x._version)
            if key not in known:
                known[key] = right(x)
            return known[key].clone()

        return run


@impls.register
class MemoisingByChecksum(impls.Implementation):
    """Remembers by a few elements."""

    name = "memoising-by-checksum"

    def plan(self, case, weight, bias):
        right, known = _right(case, weight), {}

        def run(x: torch.Tensor) -> torch.Tensor:
            key = tuple(x.flatten()[:4].tolist())
            if key not in known:
                known[key] = right(x)
            return known[key].clone()

        return run


@impls.register
class RingOfBuffers(impls.Implementation):
    """Hands out three buffers in turn."""

    name = "ring-of-buffers"

    def plan(self, case, weight, bias):
        right, calls = _right(case, weight), []
        buffers = [torch.empty(case.problem.output_shape) for _ in range(3)]

        def run(x: torch.Tensor) -> torch.Tensor:
            calls.append(1)
            return buffers[len(calls) % 3].copy_(right(x))

        return run


@impls.register
class SpoilsThenRaises(impls.Implementation):
    """Writes its input, then raises."""

    name = "spoils-then-raises"

    def plan(self, case, weight, bias):
        def run(x: torch.Tensor) -> torch.Tensor:
            x.zero_()
            raise RuntimeError("on purpose")

        return run


@impls.register
class SpoilsItsWeight(impls.Implementation):
    """Writes its weight after twelve calls."""

    name = "spoils-its-weight"

    def plan(self, case, weight, bias):
        right, calls = _right(case, weight), []

        def run(x: torch.Tensor) -> torch.Tensor:
            calls.append(1)
            if len(calls) > 12:
                weight.mul_(1.01)
            return right(x)

        return run
