"""How miners behave when asked: who answers as it should, who errs, and what that does to what comes back.

It depends on (seed, what is asked, uid) alone: who else was asked changes nothing.
"""

from collections.abc import Sequence

from apex_mock.core.miners import Failing, Miner
from apex_mock.core.types import WebResult
from apex_mock.errors import NoAnswer
from apex_mock.seed import fraction

SILENT = frozenset({Failing.LATE, Failing.EMPTY, Failing.MALFORMED})  # nothing that a validator could use comes back
KEPT_SHARE = 0.6  # of a truncated text


def failing(miner: Miner, seed: int, asked: str) -> Failing | None:
    """How this miner errs this time, or None if it answers as it should."""
    return miner.failing if fraction(seed, "conduct", asked, miner.uid) >= miner.reliability else None


def answering(miners: Sequence[Miner], seed: int, asked: str) -> tuple[Miner, ...]:
    """The miners whose answers a validator accepts, in order. Raises NoAnswer when there is none (V)."""
    valid = tuple(miner for miner in miners if failing(miner, seed, asked) not in SILENT)
    if not valid:
        raise NoAnswer("No valid response received", hint="every miner that was asked failed; ask others or again")
    return valid


def present(miners: Sequence[Miner], absent: int) -> tuple[Miner, ...]:
    """The miners but for the first `absent`. Raises NoAnswer when nobody is left (V)."""
    if absent >= len(miners):
        raise NoAnswer("No valid response received", hint="a fault keeps every miner that was asked from answering")
    return tuple(miners[absent:])


def stricken(miners: Sequence[Miner], dead: int, late: int) -> dict[int, Failing | None]:
    """How the first of these miners err, by uid: so many are dead, and after them so many are late."""
    silent = dict.fromkeys((miner.uid for miner in miners[:dead]), Failing.EMPTY)
    return {**silent, **dict.fromkeys((miner.uid for miner in miners[dead : dead + late]), Failing.LATE)}


def truncated(text: str) -> str:
    """What a truncating miner leaves of a text."""
    return text[: max(1, int(len(text) * KEPT_SHARE))]


def truncated_result(result: WebResult) -> WebResult:
    """The same page with its end missing; the passage is still a part of the content."""
    content = truncated(result.content)
    return WebResult(result.url, content, result.relevant if result.relevant in content else truncated(content))
