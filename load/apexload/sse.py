"""A reader of server-sent events that takes them line by line, as they come."""

from collections.abc import Iterator
from typing import Protocol

DONE = b"[DONE]"


class Lines(Protocol):
    """What is read from: geventhttpclient's response."""

    message_complete: bool

    def readline(self, sep: bytes) -> bytes: ...

    def read(self, length: int | None = None) -> bytes: ...


def events(response: Lines) -> Iterator[bytes]:
    """The data of each event, as soon as its line is there. A cut connection raises what `response` raises."""
    while True:
        line = response.readline(b"\n")
        if not line:  # the body has ended; what is left of it is half a line
            line = response.read()
            if not line:
                return
        if line.startswith(b"data:"):
            yield line[5:].strip()
