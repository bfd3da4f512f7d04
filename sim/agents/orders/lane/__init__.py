"""The fast lane: orders about which nothing is odd, in compiled code."""
