"""Inventory theory: best policies of one stock, of stages and of nodes, exactly, and what any policy costs."""
