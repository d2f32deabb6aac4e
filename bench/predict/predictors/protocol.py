"""What every predictor of times is: a method that is fitted to a table, and a fit that predicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from impls.cost_model.cost_table import CostTable, Subject
from impls.cost_model.predictions import Predictions


class FittedPredictor(Protocol):
    """A predictor after its fit. It reads no file and needs NumPy alone."""

    @property
    def common(self) -> float:
        """The correlation of the errors of two rows of one line or family, 0 to 1."""

    def predict(self, table: CostTable) -> Predictions:
        """Predict every row of a table of the subject that it was fitted on."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `load` makes the same predictor from them."""


class Predictor(Protocol):
    """A way to predict times. `name` is what users type; `meaning` is one sentence."""

    @property
    def name(self) -> str: ...

    @property
    def meaning(self) -> str: ...

    def fit(self, table: CostTable) -> FittedPredictor:
        """Fit to the measured times of one subject. Raises UsageError if there are too few rows."""

    def load(self, subject: Subject, values: Mapping[str, Any]) -> FittedPredictor:
        """The inverse of `as_dict`, for the subject of the fit.

        Raises KeyError, TypeError or ValueError for other values.
        """
