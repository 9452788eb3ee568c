"""The fake as a target, in this process: one that lets any key in, and one that knows its keys."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .target import Target, target_at

if TYPE_CHECKING:
    from apex_mock import ApexMock

FAKE = "the fake, in this process"
KEY, ADMIN = "contract-known-key", "contract-admin"
NO_KEYS: Mapping[str, str] = {}


@contextmanager
def the_fake(mock: "ApexMock | None" = None, keyring: "ApexMock | None" = None) -> Iterator[Target]:
    """Serves the fake until the context ends. A mock of one's own, broken on purpose, may take its place."""
    from apex_mock import serve

    known: dict[str, Any] = {"auth": "keys", "api_keys": (KEY,), "admin_key": ADMIN}
    with (
        serve(mock, settings=None if mock else {"admin_key": ADMIN}) as open_to_all,
        serve(keyring, settings=None if keyring else known) as knows_its_keys,
    ):
        strict = replace(target_at(knows_its_keys.url, key=KEY, environment=NO_KEYS), admin_key=ADMIN)
        anybody = target_at(open_to_all.url, environment=NO_KEYS)
        yield replace(anybody, name=FAKE, admin_key=ADMIN, keyring=strict)
