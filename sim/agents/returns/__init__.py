"""Returns: what comes back, what becomes of it, and when the customer has the money."""
