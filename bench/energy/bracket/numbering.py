"""Tells the generation of a server processor by the model number in its name.

The makers number their processors by a rule. Intel ("About Intel Processor Numbers"): E5 and E7 carry a version; the
second digit of a Xeon Scalable is its generation, where the third ends with H or HL for Cooper Lake; a Xeon 6 ends with
P (Granite Rapids) or E (Sierra Forest), and its 6300 series is a desktop processor. AMD ("EPYC processor naming"): the
last digit of four is the generation, and the 4000 series is a desktop processor. Clouds' own processors follow it too
(EPYC 7B13, Platinum 8488C).
"""

from __future__ import annotations

import re

# Desktop and laptop processors, also those that are sold for small servers. QEMU names a baseline "Intel Core Processor
# (Haswell)", which says nothing about the machine.
_CLIENT = re.compile(
    r"\bCore\(TM\)|\bCore (?:i[3579]\b|Ultra\b|[3579] )|\bi[3579]-\d|\bRyzen\b|\bAthlon\b|\bCeleron\b|\bPentium\b|"
    r"\bAtom\b|\bN\d{2,4}\b|\bE3-\d{4}|\bE-2\d{3}|\bEPYC 4\d{3}|\b63\d\dP\b",
    re.IGNORECASE,
)
# Those of them that are made for laptops, by the letters after the number.
_LAPTOP = re.compile(
    r"\bi[3579]-\d{3,5}(?:[UYPMH]|H[KQXF]|MQ|QM|MX|XM|HFX|G\d|NG\d)\b|\bm[357]-\d|\bM-5Y\d|"
    r"\bCore(?:\(TM\))? (?:Ultra )?[3579] \d{3}(?:[UHVP]|HX)\b|\bRyzen .*\b\d{3,4}(?:U|HS?|HX(?:3D)?)\b|\bRyzen AI\b|"
    r"\bN\d{2,4}\b|\bAtom\b",
    re.IGNORECASE,
)
# Workstations, and processors on a board for networks and the edge.
_OTHER = re.compile(
    r"\bThreadripper\b|\bW-?\d{4}|\bw[3579]-\d{4}|\bXeon(?:\(R\))?[- ]D\b|\bD-?\d{4}|\bEPYC 3\d{3}|\bEPYC Embedded\b",
    re.IGNORECASE,
)
# Processors with four digits that follow another rule.
_STRANGERS = re.compile(r"\bOpteron\b|\bAltra\b|\bCortex\b|\bGrace\b", re.IGNORECASE)
_EPYC = re.compile(r"\bEPYC (\d\w{3}\w{0,2})\b", re.IGNORECASE)
_VERSIONED = re.compile(r"\b(E[57]-\d{4}[ALW]?)\s*(?:v(\d))?\b", re.IGNORECASE)
_FOUR_DIGITS = re.compile(r"(?<![\w.-])([3-9]\d{3}[A-Z]{0,2}\+?)(?:-[BC])?(?![\w.])")
_XEON_6 = re.compile(r"6[5-9]\d\d([PE])")

# By the first and the last digit of a number.
_EPYC_GENERATIONS = {
    ("7", "1"): "zen", ("7", "2"): "zen2", ("7", "3"): "zen3", ("8", "4"): "zen4", ("9", "4"): "zen4",
    ("8", "5"): "zen5", ("9", "5"): "zen5",
}  # fmt: skip
_VERSIONS = {"": "sandybridge", "2": "ivybridge", "3": "haswell", "4": "broadwell"}
_SCALABLE = {
    "1": "skylake_avx512", "2": "cascadelake", "3": "icelake", "4": "sapphirerapids", "5": "emeraldrapids",
}  # fmt: skip
_XEON_6_GENERATIONS = {"P": "graniterapids", "E": "sierraforest"}
# Sold as the fifth generation, made as the fourth.
_AS_THE_FOURTH = ("3508U", "4509Y", "4510", "4510T")


def is_client(name: str) -> bool:
    """Whether a name is that of a desktop or laptop processor."""
    return _CLIENT.search(name) is not None and not is_other(name)


def is_laptop(name: str) -> bool:
    """Whether a name is that of a laptop processor."""
    return is_client(name) and _LAPTOP.search(name) is not None


def is_other(name: str) -> bool:
    """Whether a name is that of a processor for workstations, networks or the edge: no class holds these."""
    return _OTHER.search(name) is not None


def model_number(name: str) -> str | None:
    """The model number of a server processor, as in "EPYC 7763", "E5-2699 v4" or "8380HL"; None for any other name."""
    if is_client(name) or is_other(name) or _STRANGERS.search(name):
        return None
    if found := _EPYC.search(name):
        return f"EPYC {found[1].upper()}"
    if found := _VERSIONED.search(name):
        return found[1].upper() + (f" v{found[2]}" if found[2] else "")
    found = _FOUR_DIGITS.search(name)
    return found[1] if found else None


def generation(number: str) -> str | None:
    """The microarchitecture of a model number, as archspec names it where it does; None where the rule says nothing."""
    if number.startswith("EPYC "):
        digits = number.removeprefix("EPYC ")
        return _EPYC_GENERATIONS.get((digits[0], digits[3]))
    if number.startswith(("E5", "E7")):
        version = number.partition(" v")[2]
        # An E7 without a version is older: Westmere.
        return None if number.startswith("E7") and not version else _VERSIONS.get(version)
    if number in _AS_THE_FOURTH:
        return _SCALABLE["4"]
    if found := _XEON_6.fullmatch(number):
        return _XEON_6_GENERATIONS[found[1]]
    is_cooper_lake = number[1] == "3" and "H" in number
    return None if is_cooper_lake else _SCALABLE.get(number[1])
