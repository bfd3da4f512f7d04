"""Decisions on live data: the policies of the simulation, asked about orders and stock from outside it."""
