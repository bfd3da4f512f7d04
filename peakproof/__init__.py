"""The front door: command line, notebook façade and services."""
