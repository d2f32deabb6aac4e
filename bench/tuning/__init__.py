"""Sets clocks, power limits and governors while cases are measured, and puts them back whatever happens."""
