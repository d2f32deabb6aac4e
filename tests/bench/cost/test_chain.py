"""How layers of a list join, and the receptive field of those that follow each other."""

from __future__ import annotations

import pytest

from bench.cost.chain import BRANCH, FIRST, GAP, PREVIOUS, RESIZED, joints, notes, receptive_fields, verdict
from bench.cost.layer import Layer
from bench.sweep.layers import built_in
from bench.sweep.problem_texts import layer_sets


def typed(*descriptors: str) -> tuple[Layer, ...]:
    return tuple(layer for one in layer_sets(descriptors) for layer in one.layers)


VGG_BLOCK = ["mb1ic3ih224oc64kh3ph1", "mb1ic64ih224oc64kh3ph1"]

# (stack, receptive field of each layer), counted by hand from the last layer backwards.
STACKS: list[tuple[list[str], list[tuple[int, int]]]] = [
    ([], []),
    (["mb1ic1ih9oc1kh1"], [(1, 1)]),
    (["mb1ic1ih9oc1kh3"], [(3, 3)]),
    (VGG_BLOCK, [(3, 3), (5, 5)]),
    (["mb1ic1ih31oc1kh3"] * 4, [(3, 3), (5, 5), (7, 7), (9, 9)]),
    (["mb1ic1ih31oc1kh1sh2", "mb1ic1ih16oc1kh3"], [(1, 1), (5, 5)]),
    (["mb1ic1ih31oc1kh3sh2", "mb1ic1ih15oc1kh3sh2", "mb1ic1ih7oc1kh3"], [(3, 3), (7, 7), (15, 15)]),
    (["mb1ic1ih31oc1kh3dh1", "mb1ic1ih31oc1kh3dh3"], [(5, 5), (13, 13)]),
    (["mb1ic1ih31oc1kh7sh2ph3", "mb1ic1ih16oc1kh3sh2ph1", "mb1ic1ih8oc1kh3ph1"], [(7, 7), (11, 11), (19, 19)]),
    (["mb1ic1ih9iw9oc1kh1kw5", "mb1ic1ih9iw9oc1kh3kw1"], [(1, 5), (3, 5)]),
    (["mb1ic1ih9iw9oc1kh3kw3sh1sw2", "mb1ic1ih9iw9oc1kh3kw3"], [(3, 3), (5, 7)]),
    (["g4mb1ic4ih9oc4kh3", "mb1ic4ih9oc8kh1"], [(3, 3), (3, 3)]),
]


@pytest.mark.parametrize(("stack", "fields"), STACKS, ids=[" → ".join(s) for s, _ in STACKS])
def test_receptive_fields_grow_through_the_stack(stack: list[str], fields: list[tuple[int, int]]) -> None:
    assert receptive_fields(typed(*stack)) == fields


# Stacks in which a layer takes other channels than the layer before gives: it has no receptive field.
BROKEN = [
    (["mb1ic1ih9oc2kh3", "mb1ic3ih7oc1kh3", "mb1ic1ih5oc1kh3"], [(3, 3), None, None]),
    # A repeated layer must follow itself.
    (['mb1ic1ih9oc1kh3ph1n"a*4"', "mb1ic1ih9oc2kh3"], [(9, 9), (11, 11)]),
    (['mb1ic1ih9oc2kh3ph1n"a*2"', "mb1ic2ih9oc2kh3"], [None, None]),
    (['mb1ic1ih9oc1kh1n"a*999999999999999999"'], [(1, 1)]),
]


@pytest.mark.parametrize(("stack", "fields"), BROKEN, ids=[" → ".join(s) for s, _ in BROKEN])
def test_layers_that_do_not_follow_have_no_receptive_field(
    stack: list[str], fields: list[tuple[int, int] | None]
) -> None:
    assert receptive_fields(typed(*stack)) == fields


FROM_FIRST = ("mb1ic3ih8oc4kh3ph1",)
# (layers after the first one, how they join)
JOINTS = [
    (["mb1ic4ih8oc4kh3ph1"], [(PREVIOUS, 0)]),
    (["mb1ic4ih4oc4kh3ph1"], [(RESIZED, 0)]),
    (["mb1ic5ih8oc4kh3ph1"], [(GAP, None)]),
    # The output of an earlier layer.
    (["mb1ic4ih8oc6kh1", "mb1ic4ih8oc6kh3ph1"], [(PREVIOUS, 0), (BRANCH, 0)]),
    # The input of an earlier layer: a gap is noted once.
    (["mb1ic9ih8oc6kh1", "mb1ic9ih8oc6kh3ph1"], [(GAP, None), (BRANCH, 1)]),
    (["mb1ic3ih8oc6kh1"], [(BRANCH, 0)]),
]


@pytest.mark.parametrize(("layers", "kinds"), JOINTS, ids=[" ".join(layers) for layers, _ in JOINTS])
def test_each_layer_joins_one_before_it(layers: list[str], kinds: list[tuple[str, int | None]]) -> None:
    found = joints(typed(*FROM_FIRST, *layers))
    assert [(joint.kind, joint.source) for joint in found] == [(FIRST, None), *kinds]


def said(layers: tuple[Layer, ...]) -> list[str]:
    return notes(layers, joints(layers))


CHAIN = "The layers chain: each takes the output of the layer before it."


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        (["mb1ic4ih8oc4kh3ph1"], CHAIN),
        (
            ["mb1ic5ih8oc4kh3ph1"],
            "The layers do not chain: 1 layer takes a number of channels that no earlier layer gives.",
        ),
        (
            ["mb1ic4ih4oc4kh3ph1", "mb1ic4ih8oc6kh1"],
            "The layers chain: each takes as many channels as an earlier one gives, with 1 branch and 1 change of "
            "size.",
        ),
        ([], None),
    ],
    ids=["straight", "a gap", "a branch and pooling", "one layer"],
)
def test_whether_layers_chain_is_one_sentence(layers: list[str], sentence: str | None) -> None:
    assert verdict(joints(typed(*FROM_FIRST, *layers))) == sentence


def test_a_slip_is_named_with_its_place() -> None:
    (note,) = said(typed(*FROM_FIRST, "mb1ic5ih8oc4kh3ph1"))
    assert "Gaps" in note
    assert "layer 2 (mb1ic5ih8oc4kh3ph1) takes 5" in note


def test_notes_on_networks_are_short() -> None:
    pooling, branches = said(built_in("resnet-50").layers)
    assert "layer 2 (res2a_branch1), 112×112 → 56×56" in pooling
    assert branches.startswith("Branches")
    gaps, pooling, branches = said(built_in("googlenet").layers)
    assert "layer 15 (inception_4a_1x1) takes 480" in gaps
    assert gaps.endswith("; and 2 more.")
    assert all(note.count("layer ") <= 6 for note in (gaps, pooling, branches))
    assert said(built_in("mobilenet-v1").layers) == []
    assert verdict(joints(built_in("mobilenet-v1").layers)) == CHAIN
