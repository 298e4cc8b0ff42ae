"""A small API to ask: `python server.py [PORT]`. Each answer takes 50 ms, as if it came from far away."""

import asyncio
import sys

from aiohttp import web


async def user(request: web.Request) -> web.Response:
    await asyncio.sleep(0.05)
    number = int(request.match_info["number"])
    return web.json_response({"id": number, "name": f"user {number}", "friends": [number + 1, number + 2]})


app = web.Application()
app.add_routes([web.get("/users/{number}", user)])

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8765, print=None)
