"""What a session's handles stand on: a fake in a thread with a loop of its own, and its port, opened when needed."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine
from contextvars import Context
from functools import cached_property
from typing import Any, TypeVar

import uvloop
from starlette.applications import Starlette

from apex_mock.app import create_app
from apex_mock.listening import Bind
from apex_mock.mock import ApexMock
from apex_mock.server import Server, close
from apex_mock.settings import Settings
from apex_mock.tls import Certificate

T = TypeVar("T")
# A test that makes ten thousand calls can still be asked about the first.
KEPT = {"journal_entries": 20_000, "journal_bytes": 64 * 1024 * 1024}


class Ground:
    """One for each session of tests; `stop` ends it."""

    def __init__(self, settings: Settings | None = None, *, certificate: Certificate | None = None) -> None:
        self.mock = ApexMock(settings or Settings.load(KEPT))
        self._certificate = certificate
        self._started = False
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="apex-mock", daemon=True)
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> "concurrent.futures.Future[T]":
        """Starts a coroutine on the fake's loop."""
        # In a context of its own: the caller's says, among other things, that trio runs where trio runs the test.
        return Context().run(asyncio.run_coroutine_threadsafe, coroutine, self.loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine on the fake's loop and returns its result.

        Raises RuntimeError in the fake's own thread, where waiting for it would never end.
        """
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise RuntimeError("the handle cannot be used from within the fake: a predicate only looks at the request")
        return self.submit(coroutine).result()

    @property
    def ca(self) -> str:
        """The file of the authority that clients are to trust, under TLS."""
        ca = self._certificate.ca if self._certificate is not None else None
        return "" if ca is None else str(ca)

    @cached_property
    def server(self) -> Server:
        """The server, on a free port of 127.0.0.1; it starts when it is first asked for. Raises CannotListen."""
        server = Server(self.mock, Bind(port=0, certificate=self._certificate))
        self.run(server.start())
        self._started = True
        return server

    @cached_property
    def app(self) -> Starlette:
        """The application on the same mock, for clients that need no port."""
        return create_app(self.mock)

    def stop(self) -> None:
        self.run(self.server.stop() if self._started else self.mock.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        close(self.loop)
