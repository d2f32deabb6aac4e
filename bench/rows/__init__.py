"""The rows of a run: times, ratios, ranking and break-even of the implementations of a case."""
