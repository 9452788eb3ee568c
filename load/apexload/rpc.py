"""The SDK's calls over gRPC, gevent-safe: its messages if `macrocosmos` is installed here, else our own.

The SDK's own client cannot run in Locust: its calls are `asyncio.run` over grpc.aio, which deadlocks under gevent, in
its thread pool too, so that only SIGKILL ends the run. What it sends can: the same messages, compression and metadata
over grpc's synchronous stubs, which `grpc.experimental.gevent` makes cooperative. Not the same: a user keeps its
channel, where the SDK opens one for each call.

Our messages (protobuf-py) and the SDK's (google.protobuf) have the same fields and the same bytes.
"""

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import grpc

SERVICE = "apex.v1.ApexService"
OURS = "apex_mock.wire.gen.apex.v1.apex_pb"
THEIRS = "macrocosmos.generated.apex.v1.apex_pb2"
SDK_TOKENS = 4096  # what the SDK sends where its caller says nothing
CHAT, STREAM, SEARCH = "ChatCompletion", "ChatCompletionStream", "WebRetrieval"
SUBMIT, POLL = "SubmitDeepResearcherJob", "GetDeepResearcherJob"
_METHODS = {
    CHAT: ("ChatCompletionRequest", "ChatCompletionResponse"),
    STREAM: ("ChatCompletionRequest", "ChatCompletionChunkResponse"),
    SEARCH: ("WebRetrievalRequest", "WebRetrievalResponse"),
    SUBMIT: ("ChatCompletionRequest", "SubmitDeepResearcherJobResponse"),
    POLL: ("GetDeepResearcherJobRequest", "GetDeepResearcherJobResponse"),
}


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages of one library: how they are made, written and read."""

    source: str
    module: Any
    write: Callable[[Any], bytes]
    read: Callable[[type[Any]], Callable[[bytes], Any]]

    def make(self, name: str, **fields: Any) -> Any:
        return getattr(self.module, name)(**fields)

    def chat(self, prompt: str, seed: int | None = None) -> Any:
        """A chat request as the SDK makes it."""
        sampling = self.make(
            "SamplingParameters", temperature=0.7, top_p=0.95, top_k=50, max_new_tokens=SDK_TOKENS, do_sample=True
        )
        message = self.make("ChatMessage", role="user", content=prompt)
        return self.make("ChatCompletionRequest", messages=[message], seed=seed, sampling_parameters=sampling)


def messages() -> Messages:
    """The SDK's, where it is installed and still knows Apex (1.0.4 to 2.1.0); else our own."""
    try:
        theirs = importlib.import_module(THEIRS)
        release = importlib.import_module("importlib.metadata").version("macrocosmos")
        return Messages(
            f"macrocosmos {release}", theirs, lambda m: bytes(m.SerializeToString()), lambda t: t.FromString
        )
    except ImportError:
        ours = importlib.import_module(OURS)
        return Messages("apex-mock's own messages", ours, lambda m: bytes(m.to_binary()), lambda t: t.from_binary)


class Client:
    """One user's channel."""

    def __init__(self, address: str, secure: bool, metadata: Sequence[tuple[str, str]], timeout: float) -> None:
        self.messages = messages()
        self.metadata, self.timeout = tuple(metadata), timeout
        # Without a pool of its own every user would share one connection.
        options = [("grpc.use_local_subchannel_pool", 1)]
        gzip = grpc.Compression.Gzip
        if secure:
            credentials = grpc.ssl_channel_credentials()
            self._channel = grpc.secure_channel(address, credentials, options=options, compression=gzip)
        else:
            self._channel = grpc.insecure_channel(address, options=options, compression=gzip)
        self._calls = {name: self._stub(name) for name in _METHODS}

    def _stub(self, method: str) -> Any:
        _, answer = _METHODS[method]
        make = self._channel.unary_stream if method == STREAM else self._channel.unary_unary
        kind = getattr(self.messages.module, answer)
        return make(
            f"/{SERVICE}/{method}",
            request_serializer=self.messages.write,
            response_deserializer=self.messages.read(kind),
        )

    def call(self, method: str, request: Any) -> Any:
        """Raises grpc.RpcError."""
        return self._calls[method](request, metadata=self.metadata, timeout=self.timeout)

    def stream(self, request: Any) -> Iterator[Any]:
        """Raises grpc.RpcError, at once or in mid-stream."""
        yield from self._calls[STREAM](request, metadata=self.metadata, timeout=self.timeout)

    def close(self) -> None:
        self._channel.close()
