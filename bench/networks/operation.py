"""One operation of a network, and the kinds of operations that a table of a network tells apart."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from impls import ConvProblem
from impls.padding import Pair


class OperationKind(StrEnum):
    """What an operation is, in the words of a table."""

    CONVOLUTION = "convolution"
    DENSE = "dense"
    ATTENTION = "attention"
    POOLING = "pooling"
    NORMALISATION = "normalisation"
    ACTIVATION = "activation"
    ARITHMETIC = "add, multiply"
    CONCATENATION = "concatenation"
    PADDING = "padding"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class NetworkOperation:
    """One call of an operator, with its layer's name; None where unknown.

    `flops` counts additions, multiplications and comparisons, `bytes_moved` every input and output once, `parameters`
    those that the call reads. `macs` are those of a convolution or a dense layer. A convolution that is covered has
    its `problem`; one that is not has a `reason`. `precision` is that of its tensors, None for fp32.
    `receptive_field` is the (height, width) of the input that one output sees; None where it sees all of it.
    """

    name: str
    kind: OperationKind
    operator: str
    output_shape: tuple[int, ...] | None
    flops: int | None
    bytes_moved: int | None
    parameters: int
    macs: int | None = None
    problem: ConvProblem | None = None
    precision: str | None = None
    reason: str | None = None
    receptive_field: Pair | None = None

    @property
    def is_convolution(self) -> bool:
        return self.kind is OperationKind.CONVOLUTION
