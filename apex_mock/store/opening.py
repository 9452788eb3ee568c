"""From `--store` to a store: memory, sqlite:PATH, redis://HOST:PORT/DB."""

from apex_mock.store.base import Store
from apex_mock.store.bounds import Bounds
from apex_mock.store.engine import CannotOpen
from apex_mock.store.memory import MemoryStore
from apex_mock.store.shared import SharedStore
from apex_mock.store.sqlite import SqliteEngine

FORMS = "memory, sqlite:PATH, or redis://HOST:PORT/DB"
REDIS = ("redis", "rediss", "unix")  # the last over a socket: unix:///PATH?db=DB


def open_store(url: str, bounds: Bounds | None = None) -> Store:
    """The store that a setting names, which keeps so much. Raises CannotOpen."""
    bounds = bounds or Bounds()
    scheme, _, rest = url.partition(":")
    if url == "memory":
        return MemoryStore(bounds)
    if scheme == "sqlite" and rest.removeprefix("//"):
        return SharedStore(SqliteEngine(rest.removeprefix("//"), bounds))
    if scheme in REDIS and rest.startswith("//"):
        try:
            from apex_mock.store.redis import RedisEngine
        except ModuleNotFoundError:
            raise CannotOpen("a Redis needs its client: pip install 'apex-mock[redis]'") from None
        return SharedStore(RedisEngine(url, bounds))
    # Not all of it: where it was meant to be a Redis there may be a password in it.
    raise CannotOpen(f"{scheme!r} names no store; say {FORMS}")
