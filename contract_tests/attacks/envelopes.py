"""Connect's envelopes for schemathesis: five bytes before each message of a stream. It loads this file by name."""

import json
import struct
from typing import Any

import schemathesis

CONNECT = "application/connect+json"


@schemathesis.serializer(CONNECT)
def envelope(ctx: Any, value: Any) -> bytes:
    data = json.dumps(value).encode()
    return struct.pack(">BI", 0, len(data)) + data


@schemathesis.deserializer(CONNECT)
def messages(ctx: Any, response: Any) -> list[Any]:
    """Every message of the stream, its end included."""
    found, data = [], response.content
    while data:
        _, length = struct.unpack(">BI", data[:5])
        found.append(json.loads(data[5 : 5 + length]))
        data = data[5 + length :]
    return found
