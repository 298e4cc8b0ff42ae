"""What a reply's header says of its body, from all lines of a field and by the grammar of RFC 9110 and 9112: how long
it is, and which codings it has. The only place that reads either."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from concurrency.downloader.failures import FetchError

_SPACE = b" \t"  # RFC 9110, section 5.6.3; `strip` alone takes away more
_NUMBER = re.compile(rb"[0-9]{1,18}")
_BODILESS = (204, 304)
# Names that servers give for no coding at all: the body is as it is.
_NO_CODING = (b"identity", b"none", b"utf-8", b"aws-chunked")

RawHeaders = Iterable[tuple[bytes, bytes]]


@dataclass(slots=True)
class Framing:
    """Where a body ends: after `length` bytes, or with its last chunk; with the connection if it is neither. And its
    content codings, in the order they were applied; whether they are known is not asked."""

    length: int | None
    chunked: bool
    codings: list[str]

    @property
    def ends_with_connection(self) -> bool:
        return self.length is None and not self.chunked


def framing_of(status: int, headers: RawHeaders) -> Framing:
    """How the body of a reply to a GET ends: RFC 9112, section 6.3. Raises FetchError where that is not clear."""
    lengths, transfer, content = [], [], []
    for name, value in headers:
        match name.lower():
            case b"content-length":
                lengths.append(value)
            case b"transfer-encoding":
                transfer.append(value)
            case b"content-encoding":
                content.append(value)
            case field if field.endswith((b" ", b"\t")):
                raise FetchError("protocol", "a header with a space before its colon")  # RFC 9112, section 5.1
    codings = [name.decode("latin-1") for name in _elements(content) if name not in _NO_CODING] if content else []
    if status < 200 or status in _BODILESS:
        return Framing(0, False, codings)
    if transfer:
        if lengths:
            raise FetchError("protocol", "both a Content-Length and a Transfer-Encoding")
        if _elements(transfer) != [b"chunked"]:
            raise FetchError("protocol", f"Transfer-Encoding: {_shown(transfer)}")
        return Framing(None, True, codings)
    if not lengths:
        return Framing(None, False, codings)
    if len(lengths) == 1 and _NUMBER.fullmatch(lengths[0]):  # as almost always
        return Framing(int(lengths[0]), False, codings)
    if len(found := set(_elements(lengths))) != 1 or not _NUMBER.fullmatch(length := found.pop()):
        raise FetchError("protocol", f"Content-Length: {_shown(lengths)}")
    return Framing(int(length), False, codings)


def values(headers: RawHeaders, name: bytes) -> list[bytes]:
    """What all lines of the field `name`, given in lower case, say."""
    return [value for field, value in headers if field.lower() == name]


def _elements(lines: Iterable[bytes]) -> list[bytes]:
    """The elements, in lower case, of the list that all lines of a field are; empty ones do not count."""
    return [element.lower() for line in lines for part in line.split(b",") if (element := part.strip(_SPACE))]


def _shown(lines: Iterable[bytes]) -> str:
    return ", ".join(line[:100].decode("latin-1") for line in lines)
