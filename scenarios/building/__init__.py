"""From a scenario file without faults to the parts of a world."""
