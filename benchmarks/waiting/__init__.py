"""Other ways to wait than that of the map's items: on a socket of a local server, and asleep."""
