"""Customers: who comes when, with what, how they behave, and what they do when they are let down."""
