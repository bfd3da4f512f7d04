"""The decision points, one file each: its Protocol, its decision type and its plain rules."""
