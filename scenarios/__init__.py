"""What is tried: the scenario schema, its loader, the library, calibration and experiments."""

import optimize  # noqa: F401  (its policies can be named in scenario files)
