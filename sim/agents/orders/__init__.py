"""Order management: from an order's intake, by its checks and holds, to allocation and to its end."""
