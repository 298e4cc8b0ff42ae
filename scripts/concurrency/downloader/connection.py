"""A connection that knows what was asked on it: one reply for each request, whole, and not a byte more.

HTTP/1.1 matches replies to requests by their order alone, so one reply too many makes every later one on its
connection that of another request; RFC 9112, sections 6.3 and 9.2, forbids to take it for one. aiohttp's pool does not
look. Here a byte that nobody asked for (line ends do not count, section 9.2) closes the connection and puts all that it
brought in doubt; and what a connection brought is certain once it was read to its end, or was silent for `QUIET_S`
after its last reply: as many replies came as were asked for, then, so each belongs to its request. (Before that nothing
is: where requests follow each other fast, the reply too many may come when the next request is already on its way, and
so may all after it.)
"""

import asyncio
import re
import ssl
from collections.abc import Callable
from time import monotonic
from typing import Any

from aiohttp.client_proto import ResponseHandler
from aiohttp.helpers import set_exception
from aiohttp.http import RawResponseMessage
from aiohttp.streams import StreamReader

from concurrency.downloader.failures import FetchError
from concurrency.downloader.framing import Framing, framing_of
from concurrency.downloader.limits import Limits
from concurrency.downloader.reception import Reception

QUIET_S = 1.0
# A connection is not used for more, so that what it brought does not stay uncertain for long. And few servers end it
# earlier (Apache after so many requests), which would leave the order of replies without its proof.
MOST_REQUESTS, MOST_S = 100, 10.0

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LINE_ENDS = b"\r\n"
_CHUNKS_END = re.compile(rb"\n\r?\n[\r\n]*\Z")
_LENGTH = re.compile(rb"\n[Cc]ontent-[Ll]ength:[ \t]*([0-9]{1,18})[ \t]*\r?\n")
_BEGIN = b"HTTP/1."


class Connection(ResponseHandler):
    """`settled(connection, askers, certain)` is called with those who asked on it, as soon as that is known."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limits: Limits,
        settled: Callable[["Connection", list[Any], bool], None],
    ) -> None:
        super().__init__(loop)
        self.host = ""
        self.number = 0  # in the journal, once it is in there
        self.requests = 0
        self.framing: Framing | None = None  # of the reply whose header came last
        self.is_disorderly = False
        self.reply_begun = False
        self.reception: Reception | None = None  # of the reply that is awaited, or came last, where it is recorded
        self._limits, self._settled = limits, settled
        self._askers: list[Any] = []
        self._born = self._silent_since = monotonic()
        self._awaiting = False  # a reply, or the rest of it
        self._head = b""
        self._head_bytes = 0
        self._left = 0  # bytes of a body of known length that have not come
        self._latest = b""  # the last bytes of a body in chunks that came
        self._is_read = False  # the header last given to the parser
        self._body: StreamReader | None = None
        self._is_ended_properly = False

    def ask(self, asker: Any, now: float) -> bool:
        """The next request will be for `asker`; whether it should be the last."""
        self.requests += 1
        self._askers.append(asker)
        return self.requests >= MOST_REQUESTS or now - self._born > MOST_S

    @property
    def is_settled(self) -> bool:
        """Whether nothing that it brought, or is to bring, is uncertain."""
        return not self._askers

    @property
    def is_first(self) -> bool:
        """Whether the reply that is awaited, or came last, is the only one that is not certain."""
        return len(self._askers) <= 1

    def look(self, now: float) -> None:
        """To be called now and then: it may have been silent for long enough."""
        if now - self._silent_since < QUIET_S:
            return
        if not self._awaiting:
            self._settle(certain=True)
            if self._should_close:
                self.close()
        elif not self.reply_begun and not self.is_first:  # nor did anything come that could be taken for this reply
            self._settle(certain=True, but_last=True)

    def give_up(self) -> None:
        """Close it, whatever it brought."""
        self._askers = []
        self.close()

    # -- what aiohttp calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """aiohttp has connected; over TLS and a proxy it says so late, when bytes may have come."""
        super().connection_made(transport)
        if self.is_disorderly:
            self.abort()

    def set_response_params(self, **kwargs: Any) -> None:
        """A request will be sent."""
        self._awaiting, self.reply_begun = True, False
        self._head, self._head_bytes, self.framing = b"", 0, None
        self._left, self._latest, self._body = 0, b"", None
        super().set_response_params(**kwargs)

    def data_received(self, data: bytes) -> None:
        if not data:  # aiohttp resumes reading what its parser has
            super().data_received(data)
            self._check_end()
            return
        if not self._awaiting:
            self._mind(data)
            return
        self.reply_begun = True
        if self.reception is not None:
            self.reception.came(len(data))
        if self.framing is None:
            data = self._take_head(data)
            if self._left < 0:  # see there
                self._unasked()
        if not data or self.framing is None or self._exception is not None:
            return
        if self.framing.length is None:
            self._latest = (self._latest + data[-6:])[-6:]
            super().data_received(data)
            self._check_end()
        else:
            body, more = (data, b"") if len(data) <= self._left else (data[: self._left], data[self._left :])
            self._left -= len(body)
            if body:
                super().data_received(body)
            self._mind(more)

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """aiohttp's parser has read a header."""
        message, body = data
        self._is_read = True
        if not self._awaiting:
            self._unasked()
            return
        if 100 <= message.code < 200 and message.code != 101:
            super().feed_data(data, size)  # another one will follow
            return
        try:
            self.framing = framing = framing_of(message.code, message.raw_headers)
            if framing.length is None and framing.chunked != bool(message.chunked):
                raise FetchError("protocol", "a Transfer-Encoding that the parser in use reads otherwise")
        except FetchError as failure:
            self._refuse(failure)
            return
        self._left, self._body = framing.length or 0, body
        if self.reception is not None:
            self.reception.begin(message, framing, self._head_bytes)
        body.on_eof(self._answered)
        super().feed_data(data, size)

    def eof_received(self) -> None:
        """The other side has closed."""
        self._is_ended_properly = self.transport is None or _has_said_so(self.transport)
        super().eof_received()

    def connection_lost(self, exc: BaseException | None) -> None:
        ends_body = self.framing is not None and self.framing.ends_with_connection
        if self._awaiting and ends_body and self._body is not None and (exc or not self._is_ended_properly):
            why = str(exc) if exc else "TLS ended without close_notify"
            set_exception(self._body, FetchError("truncated", f"only a close says that it is all: {why}"))
        is_half_a_reply = self._awaiting and self.reply_begun
        super().connection_lost(exc)
        self._awaiting = False
        if is_half_a_reply:
            self._settle_cut()
        self._settle(certain=True)

    def close(self) -> None:
        """aiohttp wants no more of it; but what comes yet may say what the replies were worth."""
        if self._askers and self.transport is not None:
            if not self._awaiting:
                self._should_close = True  # `look` or its end will close it
                return
            self._settle_cut()
        super().close()

    # -- what it does with it

    def _take_head(self, data: bytes) -> bytes:
        """Give headers to the parser once they are whole; what of `data` is behind the reply's."""
        while data and self.framing is None and self._exception is None:
            begin, self._head = max(0, len(self._head) - 3), self._head + data
            if self._head[:1] in (b"\r", b"\n"):
                begin, self._head = 0, self._head.lstrip(_LINE_ENDS)
            if not self._head.startswith(_BEGIN[: len(self._head)]):
                self._refuse(FetchError("protocol", f"the reply begins with {self._head[:20]!r}, not with HTTP/1."))
                return b""
            end = _HEAD_END.search(self._head, begin)
            length = end.end() if end else len(self._head)
            if self._head_bytes + length > self._limits.max_header_bytes:
                self._refuse(FetchError("header_too_large", f"more than {self._limits.max_header_bytes} bytes"))
                return b""
            if not end:
                return b""
            head, data, self._head = self._head[:length], self._head[length:], b""
            self._head_bytes += length
            if head[7:8].isdigit() and head[7:8] not in b"01":
                head = b"HTTP/1.1" + head[8:]  # RFC 9110, section 2.5: as the highest minor version that we know
            along = b""
            if (
                data
                and head[8:12] == b" 200"
                and (announced := _LENGTH.search(head))
                and len(data) <= int(announced[1])
            ):
                along, data = data, b""  # it looks as if all of it were the body's: at once is faster
            self._is_read = False
            super().data_received(head + along if along else head)
            if self._exception is None:
                self._left -= len(along)
            if not self._is_read and self._exception is None:
                self._refuse(FetchError("protocol", "a header that the parser in use does not read to its end"))
        return data

    def _refuse(self, failure: FetchError) -> None:
        """The reply cannot be used; aiohttp will close the connection."""
        self.set_exception(failure)

    def _answered(self) -> None:
        self._awaiting = False
        self._silent_since = monotonic()
        if self.reception is not None:
            self.reception.end(self.transport)

    def _check_end(self) -> None:
        """See to ends of a body without a length that aiohttp passes over: it waits for more after a chunk that is
        none, and does not mind what follows the last one."""
        if self.framing is None or self.framing.length is not None:
            return
        if self.framing.ends_with_connection:
            if not self._awaiting:  # the parser has found an end that the header, as we read it, does not name
                self._unasked()
            return
        if not self._awaiting:
            # what the parser does not read as another reply, or as the beginning of one
            if self._exception is not None or not _CHUNKS_END.search(self._latest):
                self._unasked()
        elif self._exception is not None and self._body is not None:
            set_exception(self._body, FetchError("protocol", "the chunks of the body are malformed"))

    def _mind(self, more: bytes) -> None:
        if more.strip(_LINE_ENDS):
            self._unasked()

    def _unasked(self) -> None:
        """A byte has come that is no part of what was asked for."""
        if self.is_disorderly:
            return
        self.is_disorderly = self._should_close = True
        if self._body is not None and not self._body.is_eof():
            set_exception(self._body, FetchError("unasked", "more came than was asked for"))
        self._settle(certain=False)
        self.abort()

    def _settle_cut(self) -> None:
        """It ends in the middle of a reply, so that nobody will see whether there was one too many."""
        self._settle(certain=self.is_first)

    def _settle(self, *, certain: bool, but_last: bool = False) -> None:
        count = len(self._askers) - but_last
        askers, self._askers = self._askers[:count], self._askers[count:]
        # Who was redirected, and asked here again, waits for what comes next.
        if done := [asker for asker in askers if asker not in self._askers]:
            self._settled(self, done, certain)


def _has_said_so(transport: asyncio.Transport) -> bool:
    """Whether the other side has said, where TLS lets it, that this is the end, so that nobody cut it off: RFC 9112,
    section 9.8. asyncio does not say; OpenSSL reads nothing after a close_notify, and else would want more."""
    tls = transport.get_extra_info("ssl_object")
    try:
        return tls is None or tls.read(1) == b""
    except ssl.SSLError:
        return False
