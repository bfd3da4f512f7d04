"""What to order from whom: exact levels, sampled futures, and a chain of nodes and suppliers at once."""
