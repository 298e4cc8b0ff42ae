"""A world, served: the path to it, nginx at its end, and the application behind."""

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import requests.certs
import trustme

from concurrency.processes import environment
from helpers.emulated import namespaces
from helpers.emulated.worlds import World

CONFIGURATION = """
daemon off;
user root root;
worker_processes 1;
pid {folder}/pid;
events {{ worker_connections 4096; multi_accept on; }}
http {{
  access_log off;
  keepalive_timeout {keepalive_timeout};
  keepalive_requests {keepalive_requests};
  default_type text/html;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_buffer_size 64k; proxy_buffers 8 256k; proxy_max_temp_file_size 0;
  upstream app {{ server unix:{folder}/app; keepalive 256; }}
  server {{
    listen {listen} backlog=4096;
    {tls}
    location /page/ {{ proxy_pass http://app; }}
    location / {{ return 404; }}
  }}
}}
"""
TLS = "ssl_protocols TLSv1.3; ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key;"
PATIENCE_S = 20


@dataclass
class Served:
    """A world under way: its pages' URLs, what a right download of each answers, and its sizes on the wire.

    `trusted` is a file of certificates for SSL_CERT_FILE (empty without TLS): the public ones and ours, so that
    reading it takes what it takes elsewhere. `figures` has, at the end, how the path did.
    """

    urls: list[str]
    expected: list[list[int]]
    wire_bytes: list[int]
    trusted: str
    figures: dict[str, Any] = field(default_factory=dict)
    app: str = ""

    def begin(self, key: object) -> None:
        """From now on, the thinking of the application is drawn by `key`."""
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(self.app)
            asking.sendall(f"GET /begin/{key} HTTP/1.1\r\n\r\n".encode())
            assert asking.recv(100).startswith(b"HTTP/1.1 204")


@contextmanager
def serve(world: World) -> Iterator[Served]:
    """Serve `world` to this thread's namespace and what is started in it, until this is left."""
    with tempfile.TemporaryDirectory(prefix="emulated") as place, ExitStack() as running:
        folder = Path(place)
        path = asdict(world) | {"hosts": world.hosts}
        link, ready = running.enter_context(_started("link", path))
        wire = running.enter_context(_started("app", {"world": asdict(world), "socket": f"{folder}/app"}))[1]
        trusted = _certified(folder, ready["hosts"]) if world.tls else ""
        (folder / "nginx.conf").write_text(_configuration(world, folder))
        command = [namespaces.NGINX, "-e", f"{folder}/error.log", "-p", place, "-c", f"{folder}/nginx.conf"]
        running.enter_context(_until_left(subprocess.Popen([*namespaces.inside(link.pid), *command])))
        scheme = "https" if world.tls else "http"
        served = Served(
            [f"{scheme}://{ready['hosts'][page.host]}/page/{i}" for i, page in enumerate(world.pages)],
            [[200, page.bytes] for page in world.pages],
            wire["wire_bytes"],
            trusted,
            app=f"{folder}/app",
        )
        _wait_for(ready["hosts"][0], 443 if world.tls else 80)
        yield served
        assert link.stdin
        assert link.stdout
        link.stdin.close()
        served.figures |= json.loads(link.stdout.readline())


@contextmanager
def _started(module: str, order: dict[str, Any]) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A module of ours as a process that has been given its order, and what it answered; it ends on leaving."""
    process = subprocess.Popen(
        [*namespaces.FIRST, sys.executable, "-P", "-m", f"helpers.emulated.{module}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    with process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        answered = process.stdout.readline()
        assert answered, f"{module} did not start"
        try:
            yield process, json.loads(answered)
        finally:
            process.stdin.close()


@contextmanager
def _until_left(process: subprocess.Popen[bytes]) -> Iterator[None]:
    with process:
        try:
            yield
        finally:
            process.terminate()


def _configuration(world: World, folder: Path) -> str:
    options = " ssl" * world.tls + " http2" * world.http2
    closes = world.requests_per_connection == 1
    return CONFIGURATION.format(
        folder=folder,
        listen=f"{443 if world.tls else 80}{options}",
        tls=TLS.format(folder=folder) if world.tls else "",
        keepalive_timeout=0 if closes else 65,
        keepalive_requests=world.requests_per_connection or 10_000_000,
    )


def _certified(folder: Path, hosts: list[str]) -> str:
    """Put the server's certificate into `folder`, and a file of what a client trusts, whose name is returned."""
    authority = trustme.CA()
    certificate = authority.issue_cert(*hosts)
    certificate.private_key_pem.write_to_path(folder / "server.key")
    for part in certificate.cert_chain_pems:
        part.write_to_path(folder / "server.pem", append=True)
    trusted = folder / "trusted.pem"
    trusted.write_bytes(Path(requests.certs.where()).read_bytes() + authority.cert_pem.bytes())
    return str(trusted)


def _wait_for(host: str, port: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection((host, port), PATIENCE_S).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "nginx does not listen"
            time.sleep(0.02)
        else:
            return
