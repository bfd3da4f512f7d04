"""What is tried: the scenario schema, its loader, the library, calibration and experiments."""
