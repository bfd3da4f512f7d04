"""The floor of a node: its people, stations, shelves, waves and dock."""
