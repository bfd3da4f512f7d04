"""The agents, one file each, every one readable as its business process from top to bottom.

A room for each part of the company: `customers`, `channels`, `orders` (order management), `desks`, `payments`, `floor`
(a node's people, stations and shelves), `carriers`, `returns`, `supply`, `finance` and `alerts`. What all of them share
is `site`; what the company knows of itself when a policy asks is `company`.
"""
