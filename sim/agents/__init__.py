"""The agents, one file each, every one readable as its business process from top to bottom."""
