"""Key figures, each a pure function of the books."""
