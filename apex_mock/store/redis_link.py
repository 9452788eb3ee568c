"""The way to a Redis: what is asked while an answer is awaited goes there together, in one piece and in order.

Nothing is done twice: who was not answered cannot know whether it was done, and asks again himself.
"""

import asyncio
from functools import cache
from hashlib import sha1
from typing import Any
from urllib.parse import urlsplit

import redis
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from apex_mock.errors import StoreFailed
from apex_mock.store.engine import PATIENCE, CannotOpen

PREFIX = "{apex-mock}"
SCHEMA = 2  # of what lies under PREFIX; another one is refused
CONNECT_TIMEOUT = 2.0  # seconds


class Link:
    def __init__(self, url: str) -> None:
        """Makes sure that the Redis answers. Raises CannotOpen."""
        self.where = greet(url)
        self._client = redis.asyncio.Redis.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=CONNECT_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
        )
        self._queue: list[tuple[tuple[Any, ...], asyncio.Future[Any]]] = []
        self._sending: asyncio.Task[None] | None = None
        self._scripts: dict[bytes, bytes] = {}

    def ask(self, *command: Any) -> "asyncio.Future[Any]":
        """Sends a command, with what else is asked in this turn of the loop."""
        # Here, where it concerns nobody else: half of a surrogate pair has no bytes.
        command = tuple(part.encode() if isinstance(part, str) else part for part in command)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._queue.append((command, answer))
        if self._sending is None:
            self._sending = loop.create_task(self._send())
        return answer

    def run(self, script: str, *values: Any) -> "asyncio.Future[Any]":
        """A script by its digest: Redis knows its text from the first time on, until it starts anew."""
        digest = _digest(script)
        self._scripts[digest] = script.encode()
        return self.ask("EVALSHA", digest, 1, PREFIX, *values)

    async def _send(self) -> None:
        while self._queue:
            queue, self._queue = self._queue, []
            try:
                pipeline = self._client.pipeline(transaction=False)
                for command, _ in queue:
                    pipeline.execute_command(*command)
                answers = await pipeline.execute(raise_on_error=False)
            except Exception as error:  # whatever it is, nobody may wait for ever
                # Who has come meanwhile would wait for the same thing.
                queue, self._queue = [*queue, *self._queue], []
                answers = [error] * len(queue)
            for (command, asked), answer in zip(queue, answers, strict=True):
                if asked.done():  # whoever asked has gone
                    continue
                if isinstance(answer, redis.exceptions.NoScriptError):  # so nothing of it was done
                    self._queue.append(((b"EVAL", self._scripts[command[1]], *command[2:]), asked))
                elif isinstance(answer, Exception):
                    asked.set_exception(StoreFailed(f"The store cannot be used: Redis at {self.where}: {answer}"))
                else:
                    asked.set_result(answer)
        self._sending = None

    async def close(self) -> None:
        if self._sending is not None:
            await asyncio.wait([self._sending])
        await self._client.aclose()


def greet(url: str) -> str:
    """Where a Redis is, without its password, once it has answered and what it keeps can be used. Raises CannotOpen."""
    try:
        parts = urlsplit(url)
        database = parts.path.removeprefix("/")
        if parts.scheme != "unix" and database and not database.isdecimal():
            raise ValueError(url)  # redis-py would take database 0
        client = redis.Redis.from_url(url, socket_timeout=CONNECT_TIMEOUT, socket_connect_timeout=CONNECT_TIMEOUT)
    except ValueError:
        # What is wrong with it may be that a password stands in it as it is, so nothing of it is told.
        raise CannotOpen(
            "what is given names no Redis; say redis://HOST:PORT/DB, where DB is a number; in a password, write"
            " what is no letter or digit as %XX"
        ) from None
    known = client.connection_pool.connection_kwargs
    where = str(known.get("path") or f"{known.get('host', 'localhost')}:{known.get('port', 6379)}")
    try:
        schema = client.hsetnx(f"{PREFIX}:world", "schema", str(SCHEMA)) or client.hget(f"{PREFIX}:world", "schema")
    except redis.AuthenticationError as error:
        raise CannotOpen(f"Redis at {where}: {error}; say redis://:PASSWORD@HOST:PORT/DB") from None
    except TypeError as error:
        raise CannotOpen(f"Redis at {where}: redis-py does not know an option after '?': {error}") from None
    except (redis.RedisError, OSError) as error:
        raise CannotOpen(f"Redis at {where} cannot be used: {error}; start it, or name another") from None
    finally:
        client.close()
    if schema not in (1, str(SCHEMA).encode()):
        raise CannotOpen(
            f"Redis at {where} holds what another version of apex-mock keeps (schema {_shown(schema)}, this one reads"
            f" {SCHEMA}); to go on with it, serve it with that version; to begin anew, name another of its databases"
            f" (redis://HOST:PORT/1), or delete the keys {PREFIX}:*"
        )
    return where


@cache
def _digest(script: str) -> bytes:
    return sha1(script.encode(), usedforsecurity=False).hexdigest().encode()


def _shown(schema: Any) -> str:
    return schema.decode(errors="replace") if isinstance(schema, bytes) else str(schema)
