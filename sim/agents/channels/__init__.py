"""Channels: where orders are placed, against what stock and with what promise."""
