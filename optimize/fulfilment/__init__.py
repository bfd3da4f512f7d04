"""The multi-item fulfilment problem (Jasin and Sinha 2015, Ma 2023): bounds, and policies measured against them."""
