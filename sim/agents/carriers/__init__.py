"""Carriers: what becomes of parcels between the dock and the door."""
