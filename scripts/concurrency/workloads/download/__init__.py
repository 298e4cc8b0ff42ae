"""Downloads: the site list, the server that replays it, the clients that read its pages."""
