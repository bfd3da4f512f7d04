"""Who serves an order: exact choices, batches of open orders, and prices of stock from a network program."""
