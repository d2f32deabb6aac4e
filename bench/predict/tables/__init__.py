"""Tables of convolutions with their times, as columns of numbers: what predictors are fitted on and asked about."""
