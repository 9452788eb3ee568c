"""Connect's JSON codec with a guard before it: what reaches the protobuf library is JSON of a sane depth.

protobuf-py-ext 0.7.0 ends the process on some 30,000 nested brackets, a body of 60 KB. orjson refuses depth over 1,024.
"""

from typing import Any

import orjson
from connectrpc.code import Code
from connectrpc.codec import Codec, proto_binary_codec, proto_json_codec
from connectrpc.errors import ConnectError
from protobuf import Message

from apex_mock.wire.gen.apex.v1 import apex_pb as pb

# D1's examples call the field by the SDK's argument; JSON callers may use either name.
_ALIASES = ("max_results_per_miner", "maxResultsPerMiner")
_STOCK = proto_json_codec()


class GuardedJsonCodec:
    def name(self) -> str:
        return "json"

    def encode(self, message: Message[Any]) -> bytes:
        return bytes(_STOCK.encode(message))

    def decode(self, data: bytes | bytearray, message_class: type[Any]) -> Any:
        """Raises ConnectError with a message for the caller."""
        try:
            value = orjson.loads(data or b"{}")
        except orjson.JSONDecodeError as error:
            raise _invalid(f"the body is not JSON: {error}") from None
        if not isinstance(value, dict):
            raise _invalid(f"the body must be a JSON object, not {type(value).__name__}")
        if message_class is pb.WebRetrievalRequest and (alias := next((a for a in _ALIASES if a in value), None)):
            value.setdefault("n_results", value.pop(alias))
            data = orjson.dumps(value)
        try:
            return _STOCK.decode(data or b"{}", message_class)
        except (ValueError, TypeError, RecursionError, OverflowError) as error:
            raise _invalid(f"the body does not fit {message_class.__name__}: {error}") from None


def _invalid(message: str) -> ConnectError:
    return ConnectError(Code.INVALID_ARGUMENT, message)


CODECS: tuple[Codec[Any, Any], ...] = (proto_binary_codec(), GuardedJsonCodec())
