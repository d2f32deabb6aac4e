"""Words and rules on a network that several sections share. Draws nothing, so that it loads quickly."""

from __future__ import annotations

import re
from typing import Protocol

from bench import format
from bench.report.findings.networks import Network
from bench.report.findings.results import Time
from bench.report.sections.study import Study
from bench.rows.standing import mostly_noisy

# Said in place of totals.
UNSUMMED = "most times of its layers are uncertain, so totals are not compared."


class Counted(Protocol):
    """One inference: its time, None unless every layer has one, and the convolutions with joules among all of them."""

    @property
    def time(self) -> Time | None: ...

    @property
    def energy(self) -> object | None: ...

    @property
    def known(self) -> int: ...

    @property
    def convolutions(self) -> int: ...


def is_busy(study: Study, network: Network) -> bool:
    """Whether nothing is summed up over the layers."""
    return study.is_busy(network.group) or mostly_noisy(network.results)


def why_no_joules(inference: Counted) -> str:
    """The reason for missing joules; empty where they are known."""
    if inference.energy is not None:
        return ""
    of = f"of {format.count(inference.convolutions, 'convolution')}"
    return f"joules of {inference.known} {of}" if inference.time else "does not cover every layer"


def one_inference(network: Network) -> str:
    """The sentence that says what one inference is."""
    batches = {match[1] for layer in network.layers if (match := re.match(r"mb(\d+)", layer.descriptor))}
    batch = f" at batch {batches.pop()}" if len(batches) == 1 else ""
    convolutions = format.count(network.convolutions, "convolution")
    return f"One inference is one pass over all {convolutions}{batch}, and nothing else."
