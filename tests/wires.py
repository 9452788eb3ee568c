"""The RPC wires behind one call, so that one test speaks to all: a method and a JSON body in, a Reply out."""

import re
import ssl
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import grpc
import httpx
import orjson
from protobuf import Message

from apex_mock.errors import Code
from apex_mock.wire.methods import METHODS, SERVICE

BY_NAME = {method.name: method for method in METHODS}
OK = "ok"
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # for clients that speak no TLS: one of httpx's own takes 20 ms
TRAILERS, COMPRESSED = 0x80, 0x01
NUMBERS = dict(enumerate(Code, 1))  # Code is in gRPC's order, and 0 is OK
HELLO = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "seed": 7}


@dataclass
class Reply:
    """What came back: "ok" or an error code, its message, the messages as JSON values, headers and trailers as one."""

    code: str
    message: str = ""
    values: Sequence[Any] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 0

    @property
    def value(self) -> Any:
        assert self.code == OK, f"{self.code}: {self.message}"
        assert len(self.values) == 1
        return self.values[0]

    @property
    def text(self) -> str:
        """The text of a chat answer, streamed or not."""
        assert self.code == OK, f"{self.code}: {self.message}"
        choices = [choice for value in self.values for choice in value["choices"]]
        return "".join(choice.get("message", choice.get("delta", {})).get("content", "") for choice in choices)


def message_of(method: str, body: Any) -> Message[Any]:
    return BY_NAME[method].input.from_json(orjson.dumps(body).decode())


def envelope(data: bytes, flags: int = 0) -> bytes:
    return struct.pack(">BI", flags, len(data)) + data


def without_ids(data: bytes) -> bytes:
    """Bytes that two calls may share: each answer has an id of its own."""
    return re.sub(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", b"?" * 36, data)


def open_envelopes(data: bytes) -> list[tuple[int, bytes]]:
    found = []
    while data:
        flags, length = struct.unpack(">BI", data[:5])
        found.append((flags, data[5 : 5 + length]))
        data = data[5 + length :]
    return found


class Wire:
    """Speaks as one caller: with `key`, or with none."""

    def __init__(self, address: str, key: str | None = None) -> None:
        self.address = address
        self.headers = {} if key is None else {"authorization": f"Bearer {key}"}

    def call(self, method: str, body: Any = None, **headers: str) -> Reply:
        """Calls an RPC with a body as JSON has it; keyword headers have _ for -."""
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(method, message_of(method, body or {}).to_binary(), sent)

    def send(self, method: str, data: bytes, headers: Mapping[str, str]) -> Reply:
        """The same with a message in its binary form, whatever it holds."""
        raise NotImplementedError

    def close(self) -> None:
        pass


class Http(Wire):
    def __init__(self, address: str, key: str | None = None) -> None:
        super().__init__(address, key)
        self.http = httpx.Client(base_url=f"http://{address}", timeout=20, verify=PLAIN)

    def close(self) -> None:
        self.http.close()

    def post(self, path: str, content: bytes, kind: str, headers: Mapping[str, str]) -> httpx.Response:
        return self.http.post(path, content=content, headers={**headers, "content-type": kind})


class Connect(Http):
    """Connect with binary messages; `post` also serves JSON."""

    def send(self, method: str, data: bytes, headers: Mapping[str, str]) -> Reply:
        path, output = f"/{SERVICE}/{method}", BY_NAME[method].output
        if method.endswith("Stream"):
            answer = self.post(path, envelope(data), "application/connect+proto", headers)
            if answer.status_code != 200:
                return self.failed(answer)
            *messages, (flags, end) = open_envelopes(answer.content)
            assert flags == 2, "a Connect stream ends with its end-of-stream message"
            error = orjson.loads(end).get("error", {})
            values = [orjson.loads(output.from_binary(m).to_json()) for _, m in messages]
            return Reply(error.get("code", OK), error.get("message", ""), values, answer.headers, answer.status_code)
        answer = self.post(path, data, "application/proto", headers)
        if answer.status_code != 200:
            return self.failed(answer)
        value = orjson.loads(output.from_binary(answer.content).to_json())
        return Reply(OK, "", [value], answer.headers, answer.status_code)

    @staticmethod
    def failed(answer: httpx.Response) -> Reply:
        said = answer.json()
        return Reply(said["code"], said["message"], (), answer.headers, answer.status_code)


class GrpcWeb(Http):
    def send(self, method: str, data: bytes, headers: Mapping[str, str]) -> Reply:
        return self.send_framed(method, envelope(data), headers)

    def send_framed(self, method: str, framed: bytes, headers: Mapping[str, str]) -> Reply:
        answer = self.post(f"/{SERVICE}/{method}", framed, "application/grpc-web+proto", headers)
        assert answer.status_code == 200, answer.text
        *messages, (flags, block) = open_envelopes(answer.content)
        assert flags == TRAILERS, "a gRPC-Web body ends with its trailers"
        lines = (line.split(":", 1) for line in block.decode().strip().split("\r\n"))
        trailers = {name.strip().lower(): unquote(value.strip()) for name, value in lines}
        code = NUMBERS.get(int(trailers["grpc-status"]), OK)
        output = BY_NAME[method].output
        values = [orjson.loads(output.from_binary(m).to_json()) for _, m in messages]
        return Reply(code, trailers.get("grpc-message", ""), values, {**answer.headers, **trailers}, 200)


class Grpc(Wire):
    def __init__(self, address: str, key: str | None = None) -> None:
        super().__init__(address, key)
        self.channel = grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)])

    def close(self) -> None:
        self.channel.close()

    def send(
        self, method: str, data: bytes, headers: Mapping[str, str], compression: Any = None, path: str = ""
    ) -> Reply:
        path = path or f"/{SERVICE}/{method}"
        metadata = tuple(headers.items())
        try:
            if method.endswith("Stream"):
                stream: Any = self.channel.unary_stream(path)(data, 20, metadata, compression=compression)
                answers, call = list(stream), stream
            else:
                one, call = self.channel.unary_unary(path).with_call(data, 20, metadata, compression=compression)
                answers = [one]
        except grpc.RpcError as error:
            failed: Any = error
            trailers = dict(failed.trailing_metadata() or ())
            return Reply(NUMBERS[failed.code().value[0]], failed.details() or "", (), trailers)
        output = BY_NAME[method].output
        values = [orjson.loads(output.from_binary(answer).to_json()) for answer in answers]
        trailers = dict(call.trailing_metadata() or ())
        return Reply(OK, "", values, trailers)


WIRES: dict[str, type[Wire]] = {"connect": Connect, "grpc-web": GrpcWeb, "grpc": Grpc}
