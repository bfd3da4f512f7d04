"""Supply: forecasts, purchase orders, suppliers, and stock that moves between nodes."""
