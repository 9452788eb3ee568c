"""The servers to compare with: the least that can be written on the same parts, sending back the fake's own bytes.

python -m bench.baselines asgi|starlette|paced|grpc|grpc-paced PORT FOLDER
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from bench.work import CHAT, CONNECT, STREAM, saved_answer

PACE = 0.05  # seconds between chunks: the profile `steady`


def asgi(folder: Path) -> Any:
    """A bare ASGI application: reads the body, sends the answer."""
    answers = {CHAT: saved_answer(folder, "rest")[0], CONNECT: saved_answer(folder, "connect")[0]}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        body = answers[scope["path"]]
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def starlette(folder: Path) -> Any:
    """A Starlette application that sends its chunks one by one."""
    chunks = saved_answer(folder, "rest-stream")

    async def events() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def chat(request: Request) -> StreamingResponse:
        await request.json()
        return StreamingResponse(events(), media_type="text/event-stream", headers={"cache-control": "no-cache"})

    return Starlette(routes=[Route(CHAT, chat, methods=["POST"])])


def paced(folder: Path) -> Starlette:
    """The usual way to be slow: a Starlette application that sleeps before each chunk of its stream."""
    chunks = saved_answer(folder, "rest-stream")

    async def events() -> AsyncIterator[bytes]:
        for chunk in chunks:
            await asyncio.sleep(PACE)
            yield chunk
        yield b"data: [DONE]\n\n"

    async def chat(request: Request) -> StreamingResponse:
        await request.json()
        return StreamingResponse(events(), media_type="text/event-stream", headers={"cache-control": "no-cache"})

    return Starlette(routes=[Route(CHAT, chat, methods=["POST"])])


async def serve_http(app: Any, port: int) -> None:
    """uvicorn with the fake's own flags."""
    config = uvicorn.Config(
        app,
        port=port,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        backlog=2048,
    )
    await uvicorn.Server(config).serve()


class _Echoes(grpc.GenericRpcHandler):
    def __init__(self, folder: Path, pace: float = 0.0) -> None:
        (answer,), messages = saved_answer(folder, "grpc"), saved_answer(folder, "grpc-stream")

        async def unary(request: bytes, context: Any) -> bytes:
            return answer

        async def stream(request: bytes, context: Any) -> AsyncIterator[bytes]:
            for message in messages:
                if pace:
                    await asyncio.sleep(pace)
                yield message

        self._handlers = {
            CONNECT: grpc.unary_unary_rpc_method_handler(unary),
            STREAM: grpc.unary_stream_rpc_method_handler(stream),
        }

    def service(self, call_details: Any) -> Any:
        return self._handlers.get(call_details.method)


async def serve_grpc(folder: Path, port: int, pace: float) -> None:
    """grpc.aio with the fake's own options."""
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0), ("grpc.max_concurrent_streams", 2000)])
    server.add_generic_rpc_handlers((_Echoes(folder, pace),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


def main() -> None:
    kind, port, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    serving = (
        serve_grpc(folder, port, PACE if kind == "grpc-paced" else 0.0)
        if kind.startswith("grpc")
        else serve_http({"asgi": asgi, "starlette": starlette, "paced": paced}[kind](folder), port)
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serving)


if __name__ == "__main__":
    main()
