"""The page of a history: times by run, one panel a series, those that step first."""
