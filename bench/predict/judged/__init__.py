"""How good predictors are on groups of convolutions that they were not fitted on."""
