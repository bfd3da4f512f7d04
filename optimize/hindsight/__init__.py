"""The clairvoyant bound of a finished run, and what a policy did worse."""
