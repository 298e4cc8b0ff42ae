"""nginx as a server for contests, where the server must not be what is measured."""

import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PROGRAM = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
CONFIGURATION = """
daemon off;
worker_processes auto;
pid {folder}/pid;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=10;
  keepalive_requests 10000000;
  default_type text/html;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {folder}; }}
}}
"""


class MissingError(Exception):
    """nginx is not installed; the message says how it is."""


def page(size: int) -> bytes:
    """The page of that many bytes that `serve` has."""
    return random.Random(1).randbytes(size)


@contextmanager
def serve(page_bytes: int) -> Iterator[str]:
    """nginx on a free port, serving one page of that size at whatever query; yields the page's address."""
    if PROGRAM is None:
        raise MissingError("nginx is not installed: apt-get install nginx-light")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)
        (folder / "page").write_bytes(page(page_bytes))
        (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port))
        server = subprocess.Popen([PROGRAM, "-e", f"{folder}/error.log", "-p", place, "-c", f"{folder}/nginx.conf"])
        try:
            for _ in range(200):
                with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port}/page"
        finally:
            server.terminate()
            server.wait()
