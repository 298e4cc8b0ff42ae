"""HTTP/2 as the replay server speaks it, without any input or output of its own: bytes in, requests out, and back.

Kept servers stand on sockets and send when they please. The model of the path decides when which bytes may leave, of
the handshake's, too, and needs the frames of all streams of a connection in its hands: so h2, which does no more.
"""

from collections.abc import Iterable, Mapping

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError


class Http2:
    """A client's connection: what it asks for, and what may be sent of the answers, whose bytes `outgoing` has.

    `is_over`: nothing more can be said on it, as one of both said goodbye or the client broke the protocol; what is
    outgoing is to be sent, and the connection closed.
    """

    def __init__(self) -> None:
        self.is_over = False
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._h2.initiate_connection()
        self._asked: dict[int, str] = {}  # requests that have not ended yet
        self._left: dict[int, bytearray] = {}  # what could not go yet, of the streams that are being answered
        self._last: set[int] = set()  # those whose end is among it
        self._withheld: dict[int, int] = {}  # window bytes of a stream (0: the connection) that are still under way

    def receive(self, data: bytes) -> tuple[list[tuple[int, str]], dict[int, int]]:
        """The requests that are complete now, as (stream, path), and the credit that the client gave.

        The path is empty for anything but a GET. Credit is bytes by stream, 0 being the connection's; it counts once
        `allow` is called: a real server hears of it a round trip after the bytes that it is given for.
        """
        requests, credit = [], dict[int, int]()
        try:
            events = self._h2.receive_data(data)
        except ProtocolError:  # a GOAWAY that says so is among what is outgoing
            self._end()
            return [], {}
        for event in events:
            if isinstance(event, RequestReceived):
                named = dict(event.headers)
                self._asked[event.stream_id] = named.get(":path", "") if named[":method"] == "GET" else ""
            elif isinstance(event, StreamEnded):
                requests.append((event.stream_id, self._asked.pop(event.stream_id)))
                self._left[event.stream_id] = bytearray()
            elif isinstance(event, StreamReset):
                self._asked.pop(event.stream_id, None)
                self._forget(event.stream_id)
            elif isinstance(event, WindowUpdated):
                for account in (credit, self._withheld):
                    account[event.stream_id] = account.get(event.stream_id, 0) + event.delta
            elif isinstance(event, RemoteSettingsChanged):  # which may have made windows larger
                self.allow({})
            elif isinstance(event, ConnectionTerminated):
                self._end()
        return requests, credit

    def allow(self, credit: Mapping[int, int]) -> None:
        """Let `credit` count, and what waited for it go."""
        for stream, size in credit.items():
            if stream in self._withheld:
                self._withheld[stream] -= size
        for stream in list(self._left):
            self._push(stream)

    def send_head(self, stream: int, headers: Iterable[tuple[str, str]]) -> None:
        """Begin to answer; `headers` have lower-case names and begin with `:status`."""
        if self.is_open(stream):
            self._h2.send_headers(stream, list(headers))

    def send(self, stream: int, data: bytes, end: bool = False) -> None:
        """Go on answering, with `end` to the end; what the client's windows have no room for waits for credit."""
        if self.is_open(stream):
            self._left[stream] += data
            if end:
                self._last.add(stream)
            self._push(stream)

    def is_open(self, stream: int) -> bool:
        """Whether the stream is to be answered, or what was sent on it has yet to leave."""
        return stream in self._left

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to answer, and all answers have left."""
        return not self._left

    def outgoing(self) -> bytes:
        """What is to be sent now; empty if nothing is."""
        data: bytes = self._h2.data_to_send()
        return data

    def goodbye(self) -> None:
        """Tell the client, all of whose requests have been answered, to ask for no more on this connection."""
        self._h2.close_connection()
        self._end()

    def _push(self, stream: int) -> None:
        """Send what may be sent of what is left of a stream."""
        left = self._left[stream]
        while left and (room := min(self._room(stream), self._h2.max_outbound_frame_size, len(left))) > 0:
            ends = room == len(left) and stream in self._last
            self._h2.send_data(stream, bytes(left[:room]), end_stream=ends)
            del left[:room]
            if ends:
                self._forget(stream)
                return
        if not left and stream in self._last:
            self._h2.end_stream(stream)
            self._forget(stream)

    def _room(self, stream: int) -> int:
        """How many bytes the windows have room for, without the credit that does not count yet."""
        own: int = self._h2.streams[stream].outbound_flow_control_window - self._withheld.get(stream, 0)
        everyones: int = self._h2.outbound_flow_control_window - self._withheld.get(0, 0)
        return min(own, everyones)

    def _forget(self, stream: int) -> None:
        self._left.pop(stream, None)
        self._withheld.pop(stream, None)
        self._last.discard(stream)

    def _end(self) -> None:
        self.is_over = True
        self._left.clear()
