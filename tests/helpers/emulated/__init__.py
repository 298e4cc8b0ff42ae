"""The truth that replays are held against: nginx, with an application behind it, at the far end of a known path.

The kernel of a container has no netem, so the path is our own (`link`): two TUN devices, joined in user space. The
client's end and the server's are network namespaces without names, which are gone when the last process in them is, so
that nothing is left behind and nothing of the machine's own network is touched.

    with namespaces.own_network(), server.serve(World(pages=worlds.pages(20), rtt_ms=40)) as served:
        …
"""
