"""The replay's TLS, with real clients at its other end."""

import asyncio
import socket
import ssl
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
import requests

from concurrency.workloads.download import trust
from concurrency.workloads.download.replay.tls import Authority, Tls
from helpers.https import serving


@pytest.fixture(scope="module")
def authority():
    return Authority()


def client_side(authority, protocols=()):
    context = ssl.create_default_context(cadata=authority.pem)
    if protocols:
        context.set_alpn_protocols(protocols)
    return context


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_clients_that_trust_the_authority_get_pages(version, authority):
    async def by_aiohttp(url):
        async with aiohttp.ClientSession() as session, session.get(url, ssl=client_side(authority)) as response:
            return len(await response.read())

    with serving(authority, version) as server:
        assert asyncio.run(by_aiohttp(f"{server.url}/gzip/300000")) == 300_000
        with trust.trusting(authority.pem):
            assert len(requests.get(f"{server.url}/gzip/70000", verify=trust.bundle(), timeout=10).content) == 70_000
        assert [tls.version for tls in server.connections] == [f"TLSv{version}"] * 2
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{server.url}/gzip/1", timeout=10)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_sessions_are_resumed_as_clients_do_it(version, authority):
    context, sessions = client_side(authority), []
    with serving(authority, version) as server:
        for session in [None, sessions]:
            with (
                socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as plain,
                context.wrap_socket(plain, server_hostname="127.0.0.1", session=session and sessions[0]) as client,
            ):
                client.sendall(b"GET /gzip/5 HTTP/1.1\r\nHost: a.test\r\n\r\n")
                assert client.recv(1000).startswith(b"HTTP/1.1 200")  # by then the ticket has come
                sessions.append(client.session)
    assert [tls.is_resumed for tls in server.connections] == [False, True]


@pytest.mark.parametrize(
    ("http2", "offered", "agreed"),
    [
        (True, ["h2", "http/1.1"], "h2"),
        (False, ["h2", "http/1.1"], "http/1.1"),
        (True, ["http/1.1"], "http/1.1"),
        (True, [], ""),
    ],
)
def test_what_is_spoken_is_agreed_on(http2, offered, agreed, authority):
    server, client, _ = in_memory(authority.context("1.3", http2), client_side(authority, offered))
    assert (server.protocol, client.selected_alpn_protocol() or "") == (agreed, agreed)


def in_memory(context, client_context):
    """Both sides of a connection after their handshake, without a network; and where the client reads from."""
    server, from_server, to_server = Tls(context), ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(from_server, to_server, server_hostname="127.0.0.1")
    flights = []
    while not server.is_ready:
        with suppress(ssl.SSLWantReadError):
            client.do_handshake()
        assert server.receive(to_server.read()) == b""
        flights.append(server.outgoing())
        from_server.write(flights[-1])
    assert all(flights), "each of the client's flights is answered by one"
    assert len(flights) == 2
    client.do_handshake()
    return server, client, from_server


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_an_end_is_said(version, authority):
    server, client, from_server = in_memory(authority.context(version, http2=False), client_side(authority))
    from_server.write(server.send(b"all"))
    from_server.write(server.close())
    assert [client.read(), client.read()] == [b"all", b""]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_an_end_is_heard(version, authority):
    with serving(authority, version) as server, socket.socket() as plain:
        plain.connect(("127.0.0.1", int(server.url.rpartition(":")[2])))
        with client_side(authority).wrap_socket(plain, server_hostname="127.0.0.1") as client:
            client.unwrap()  # returns when the server has said so, too
    assert server.connections[0].is_over


def test_what_is_no_tls_is_told_so(authority):
    tls = Tls(authority.context("1.3", http2=False))
    assert tls.receive(b"GET / HTTP/1.1\r\n\r\n") == b""
    assert tls.is_over
    assert not tls.is_ready
    assert (tls.protocol, tls.is_resumed) == ("", False)


@pytest.mark.parametrize("before", [None, "/etc/mine.pem"])
def test_the_variable_is_as_before(before, monkeypatch, authority):
    monkeypatch.delenv(trust.VARIABLE, raising=False)
    if before:
        monkeypatch.setenv(trust.VARIABLE, before)
    with trust.trusting(authority.pem):
        assert Path(trust.bundle()).read_text().endswith(authority.pem)
    assert trust.bundle() == before
