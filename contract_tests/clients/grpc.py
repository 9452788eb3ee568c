"""Constellation over gRPC: grpcio carries bytes, the messages are the contract's own."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import orjson

from ..answer import OK, UNREADABLE, Answer, common, message_class
from ..operations import OPERATIONS, SERVICE, Op, Transport
from ..redaction import Redactor
from .base import NO_TLS, Request, Unreachable, Wire, untrusted

if TYPE_CHECKING:
    from ..target import Target

_CODES = {
    grpc.StatusCode.CANCELLED: "canceled",
    **{code: code.name.lower() for code in grpc.StatusCode if code.name not in ("OK", "CANCELLED")},
}
_NOBODY = ("failed to connect", "Name resolution", "DNS resolution", "Connection refused", "Socket closed", "TLS")


class Grpc(Wire):
    transport = Transport.GRPC

    def __init__(self, address: str, target: "Target") -> None:
        super().__init__(address, target)
        # A channel of its own: gRPC would otherwise share connections between targets at one address.
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)]
        if target.grpc_secure:
            roots = Path(target.ca).read_bytes() if target.ca else None
            self.channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(roots), options)
        else:
            self.channel = grpc.insecure_channel(address, options)

    def send(self, request: Request) -> Answer:
        spec = OPERATIONS[request.operation]
        assert spec.input is not None
        assert spec.output is not None
        path = request.path or f"/{SERVICE}/{request.operation}"
        channel: Any = self.channel
        headers = dict(request.sent_headers)
        compression = grpc.Compression.Gzip if headers.pop("grpc-encoding", "") == "gzip" else None
        metadata = tuple(headers.items())
        waits = (request.deadline, request.patience, self.target.timeout)
        timeout = next(seconds for seconds in waits if seconds is not None)
        events: list[dict[str, Any]] = []
        output = message_class(spec.output)
        try:
            data = self._encode(request)
            if request.operation is Op.STREAM:
                stream = channel.unary_stream(path)(data, timeout, metadata, compression=compression)
                for part in stream:
                    events.append(common(output.from_binary(part)))  # noqa: PERF401  # kept when the stream breaks
                trailers = _texts(stream.trailing_metadata())
                return Answer(request.operation, OK, events=tuple(events), headers=trailers)
            one, call = channel.unary_unary(path).with_call(data, timeout, metadata, compression=compression)
            trailers = _texts([*(call.initial_metadata() or ()), *(call.trailing_metadata() or ())])
            return Answer(request.operation, OK, "", common(output.from_binary(one)), headers=trailers, body=one)
        except grpc.RpcError as error:
            failed: Any = error
            details = failed.details() or ""
            if failed.code() is grpc.StatusCode.UNAVAILABLE and any(word in details for word in _NOBODY):
                raise Unreachable(f"{self.address} for gRPC: {_why(details)}") from None
            trailers = _texts(failed.trailing_metadata())
            return Answer(
                request.operation, _CODES[failed.code()], details, events=tuple(events), headers=trailers, done=True
            )
        except ValueError as error:
            return Answer(request.operation, UNREADABLE, f"the message does not fit: {error}", events=tuple(events))

    @staticmethod
    def _encode(request: Request) -> bytes:
        if request.content is not None:
            return request.content
        input = OPERATIONS[request.operation].input
        assert input is not None
        body = orjson.dumps(request.body).decode()
        return message_class(input).from_json(body, ignore_unknown_fields=True).to_binary()

    def command(self, request: Request, redact: Redactor) -> str:
        words = ["grpcurl", *(["-cacert", self.target.ca] if self.target.ca else [])]
        words += [] if self.target.grpc_secure else ["-plaintext"]
        for name, value in request.sent_headers.items():
            words += ["-H", f"{name}: {value}"]
        if request.deadline is not None:
            words += ["-max-time", str(request.deadline)]
        method = (request.path or f"/{SERVICE}/{request.operation}").strip("/")
        if request.content is not None:
            return f"# the message is the bytes {request.content.hex() or '(none)'}, sent to {method}"
        words += ["-d", orjson.dumps(request.body).decode(), self.address, method]
        return redact.shell(words)

    def close(self) -> None:
        self.channel.close()


def _why(details: str) -> str:
    if found := re.search(r"CERTIFICATE_VERIFY_FAILED: ([\w -]+)", details):
        return untrusted(found[1], "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH")
    return NO_TLS if "WRONG_VERSION_NUMBER" in details else details.rpartition("address: ")[2]


def _texts(metadata: Sequence[Any] | None) -> Mapping[str, str]:
    return {name: value for name, value in metadata or () if isinstance(value, str)}
