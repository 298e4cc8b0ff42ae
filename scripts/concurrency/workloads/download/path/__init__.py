"""The path between a client and the servers of a site list: its description, its model, and an ideal client on it."""
