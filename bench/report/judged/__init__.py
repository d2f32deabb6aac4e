"""The page on how good predictors are on rows that were left out of their fits."""
