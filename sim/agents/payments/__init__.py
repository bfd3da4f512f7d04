"""Payments: whether an order is paid for, by the gateway, the fraud score and the customer's credit."""
