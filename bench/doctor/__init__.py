"""What can be measured on this machine, what would be modelled, and what stands in the way."""
