"""The only source of randomness: a generator or an id is a pure function of a seed and the names that lead to it.

Nothing is drawn from a shared generator, so fifty requests at once give what the same fifty give in a row.
"""

from hashlib import blake2b
from random import Random

Name = str | int


def digest(seed: int, *names: Name, size: int = 16) -> bytes:
    """`size` bytes (1 to 64) that depend on the seed, on every name and on their order."""
    # repr keeps ("a", "b") apart from ("ab",) and 1 apart from "1".
    return blake2b(repr((seed, names)).encode("utf-8", "surrogatepass"), digest_size=size).digest()


def rng(seed: int, *names: Name) -> Random:
    """A generator of its own for one purpose, e.g. `rng(seed, scope, fingerprint, ordinal, "latency")`."""
    return Random(int.from_bytes(digest(seed, *names), "big"))


def fraction(seed: int, *names: Name) -> float:
    """One number in [0, 1): what `rng(...).random()` is for, at a tenth of its price."""
    return int.from_bytes(digest(seed, *names, size=7), "big") / (1 << 56)


def ident(seed: int, *names: Name) -> str:
    """An id in the form of a version 4 UUID, as the API's ids are."""
    raw = bytearray(digest(seed, *names))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
