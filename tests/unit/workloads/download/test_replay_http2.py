"""The replay's HTTP/2, with httpx and h2's own client at its other end."""

import asyncio
import ssl

import pytest

from concurrency.workloads.download.replay.tls import Authority
from helpers.https import serving

h2 = pytest.importorskip("h2.connection")
httpx = pytest.importorskip("httpx")

from h2 import events  # noqa: E402

from concurrency.workloads.download.replay.http2 import Http2  # noqa: E402

WINDOW = 65_535  # what a client has room for that says nothing else
HEAD = [(":status", "200")]


class Client:
    """h2's client, which asks and gives credit when it is told to."""

    def __init__(self):
        self.http = h2.H2Connection()
        self.http.initiate_connection()
        self.server, self.events = Http2(), []
        self.talk()

    def talk(self):
        """Bring the bytes of both to the other, until there are none; the requests and the credit that were found."""
        asked, given = [], {}
        while True:
            up, down = self.http.data_to_send(), self.server.outgoing()
            if not up and not down:
                return asked, given
            requests, credit = self.server.receive(up) if up else ([], {})
            asked += requests
            given |= credit
            self.events += self.http.receive_data(down) if down else []

    def ask(self, path="/1", method="GET"):
        stream = self.http.get_next_available_stream_id()
        fields = [(":method", method), (":path", path), (":scheme", "https"), (":authority", "a.test")]
        self.http.send_headers(stream, fields, end_stream=True)
        return stream

    def got(self, stream):
        """How many bytes have come on a stream, and whether it has ended."""
        mine = [event for event in self.events if getattr(event, "stream_id", None) == stream]
        size = sum(len(event.data) for event in mine if isinstance(event, events.DataReceived))
        return size, any(isinstance(event, events.StreamEnded) for event in mine)


@pytest.fixture
def client():
    return Client()


def test_httpx_gets_pages_of_all_sizes_at_once():
    sizes = [0, 1, 10, 70_000, 3_000_000] * 3

    async def fetch_all(url, authority):
        async with httpx.AsyncClient(http2=True, verify=ssl.create_default_context(cadata=authority.pem)) as http:
            return await asyncio.gather(*(http.get(f"{url}/identity/{size}") for size in sizes))

    authority = Authority()
    with serving(authority, http2=True) as server:
        replies = asyncio.run(fetch_all(server.url, authority))
    assert [(reply.http_version, reply.status_code, len(reply.content)) for reply in replies] == [
        ("HTTP/2", 200, size) for size in sizes
    ]
    assert len(server.connections) == 1


def test_requests_and_answers_of_several_streams(client):
    one, two, three = client.ask("/1"), client.ask("/2"), client.ask("/3", method="POST")
    assert client.talk() == ([(one, "/1"), (two, "/2"), (three, "")], {})
    for stream in (two, one):
        client.server.send_head(stream, HEAD)
        client.server.send(stream, b"begun")
    client.server.send(one, b"ended", end=True)
    client.server.send(two, b"", end=True)
    client.server.send_head(three, [(":status", "404")])
    client.server.send(three, b"", end=True)
    client.talk()
    assert [client.got(stream) for stream in (one, two, three)] == [(10, True), (5, True), (0, True)]
    assert client.server.is_idle


def test_what_the_windows_have_no_room_for_waits_until_credit_counts(client):
    stream = client.ask()
    client.talk()
    client.server.send_head(stream, HEAD)
    client.server.send(stream, bytes(100_000), end=True)
    client.talk()
    assert client.got(stream) == (WINDOW, False)
    for where in (None, stream):
        client.http.increment_flow_control_window(20_000, where)
    _, credit = client.talk()
    assert credit == {0: 20_000, stream: 20_000}
    assert client.got(stream) == (WINDOW, False)
    client.server.allow(credit)
    client.talk()
    assert client.got(stream) == (WINDOW + 20_000, False)
    client.http.increment_flow_control_window(50_000, stream)  # of no use without the connection's
    client.server.allow(client.talk()[1])
    client.talk()
    assert client.got(stream) == (WINDOW + 20_000, False)
    client.http.increment_flow_control_window(50_000)
    client.server.allow(client.talk()[1])
    client.talk()
    assert client.got(stream) == (100_000, True)
    assert client.server.is_idle


def test_one_stream_without_room_does_not_hold_the_others(client):
    client.http.increment_flow_control_window(1_000_000)
    client.server.allow(client.talk()[1])
    one, two = client.ask(), client.ask()
    client.talk()
    for stream, size in ((one, 100_000), (two, 10)):
        client.server.send_head(stream, HEAD)
        client.server.send(stream, bytes(size), end=True)
    client.talk()
    assert (client.got(one), client.got(two)) == ((WINDOW, False), (10, True))


def test_larger_windows_by_settings_let_go_what_waits(client):
    client.http.increment_flow_control_window(1_000_000)
    client.server.allow(client.talk()[1])
    stream = client.ask()
    client.talk()
    client.server.send_head(stream, HEAD)
    client.server.send(stream, bytes(100_000), end=True)
    client.http.update_settings({4: 200_000})  # SETTINGS_INITIAL_WINDOW_SIZE
    client.talk()
    assert client.got(stream) == (100_000, True)


def test_a_stream_that_the_client_resets_is_answered_no_more(client):
    one, two = client.ask(), client.ask()
    client.talk()
    client.server.send_head(one, HEAD)
    client.server.send(one, bytes(100_000))
    client.http.reset_stream(one)
    client.talk()
    assert not client.server.is_open(one)
    assert client.server.is_open(two)
    client.server.send(one, b"more", end=True)
    client.server.send_head(one, HEAD)
    client.talk()
    assert not client.server.is_over


def test_goodbyes(client):
    stream = client.ask()
    client.talk()
    client.server.send_head(stream, HEAD)
    client.server.send(stream, b"all", end=True)
    client.server.goodbye()
    client.talk()
    assert client.got(stream) == (3, True)
    assert any(isinstance(event, events.ConnectionTerminated) for event in client.events)
    assert client.server.is_over
    other = Client()
    stream = other.ask()
    other.http.close_connection()
    other.talk()
    assert other.server.is_over
    other.server.send_head(stream, HEAD)  # which nobody hears, and nothing fails


def test_what_breaks_the_protocol_ends_the_connection(client):
    server = client.server
    assert server.receive(b"\0\0\1\0\0\0\0\0\0x") == ([], {})  # DATA on no stream
    assert server.is_over
    assert server.outgoing()  # says why
    server = Http2()
    assert server.receive(b"GET / HTTP/1.1\r\n\r\n") == ([], {})
    assert server.is_over
