"""The user's rates: carbon and price of a kilowatt-hour, price of an hour of the device, and the currency of both."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from bench.cost import carbon
from bench.cost.carbon import Grid
from bench.errors import UsageError

# The currency of prices that are given without one.
DEFAULT_CURRENCY = "EUR"


@dataclass(frozen=True, slots=True)
class Rates:
    """The grid, the prices and their currency, and PUE (energy at the meter over energy at the devices, 1 by default).

    A rate that was not given is None. Raises UsageError for a price under 0 or a PUE under 1.
    """

    grid: Grid | None = None
    price_per_kwh: float | None = None
    price_per_hour: float | None = None
    pue: float = 1.0
    currency: str | None = None

    def __post_init__(self) -> None:
        for option, value, least in (
            ("--price-per-kwh", self.price_per_kwh, 0.0),
            ("--price-per-hour", self.price_per_hour, 0.0),
            ("--pue", self.pue, 1.0),
        ):
            if value is not None and not (math.isfinite(value) and value >= least):
                raise UsageError(f"{option} is {value:g}; allowed: a number of at least {least:g}")

    def overlaid(self, other: Rates) -> Rates:
        """These rates, replaced by the other ones where those are given."""
        theirs = {f.name: value for f in fields(other) if (value := getattr(other, f.name)) not in (None, f.default)}
        return replace(self, **theirs)

    def with_currency(self) -> Rates:
        """These rates; prices without a currency are in the default one."""
        has_price = self.price_per_kwh is not None or self.price_per_hour is not None
        return replace(self, currency=DEFAULT_CURRENCY) if has_price and self.currency is None else self

    @property
    def given(self) -> bool:
        """Whether any rate is given, so that carbon or money can be computed."""
        return any(rate is not None for rate in (self.grid, self.price_per_kwh, self.price_per_hour))

    @property
    def label(self) -> str:
        """The intensity with its source and year, the prices and the PUE in words, and which were not given."""
        at = "no grid given" if self.grid is None else self.grid.label
        currency = f" {self.currency}" if self.currency else ""
        prices = [
            f"{price:g}{currency} a {unit}"
            for price, unit in ((self.price_per_kwh, "kWh"), (self.price_per_hour, "device-hour"))
            if price is not None
        ]
        money = " and ".join(prices) or "no price given"
        return f"Carbon: {at}. Money: {money}. PUE {self.pue:g}."

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as stored in run.json."""
        return {
            "grid": None if self.grid is None else self.grid.as_dict(),
            "price_per_kwh": self.price_per_kwh,
            "price_per_hour": self.price_per_hour,
            "pue": self.pue,
            "currency": self.currency,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Rates:
        grid = data["grid"]
        return cls(
            None if grid is None else Grid.from_dict(grid),
            data["price_per_kwh"],
            data["price_per_hour"],
            data["pue"],
            # Earlier runs lack it: the currency of their prices is unknown.
            data.get("currency"),
        )


def rates(
    grid: str | None = None,
    g_per_kwh: float | None = None,
    price_per_kwh: float | None = None,
    price_per_hour: float | None = None,
    pue: float | None = None,
    currency: str | None = None,
) -> Rates:
    """The rates from command-line options. Raises UsageError for impossible values and for two grids at once.

    A currency that was not given stays None, so that rates which replace a run's prices keep its currency.
    """
    if grid is not None and g_per_kwh is not None:
        raise UsageError(f"--grid {grid} and --g-per-kwh {g_per_kwh:g} say the same thing twice; leave out one of them")
    known = carbon.grid(grid) if grid is not None else None if g_per_kwh is None else carbon.own(g_per_kwh)
    code = None if currency is None else currency.strip().upper()
    if code is not None and not re.fullmatch("[A-Z]{3}", code):
        raise UsageError(f"--currency is {currency!r}; allowed: a code of three letters, as in EUR or USD")
    return Rates(known, price_per_kwh, price_per_hour, 1.0 if pue is None else pue, code)
