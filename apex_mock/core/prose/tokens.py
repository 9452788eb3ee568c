"""Tokens: pieces of text of the size that a model's tokens have; joined again they are the text."""

import re

from apex_mock.core.kept import kept

_WIDE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"  # scripts that write no blanks: two characters a token
# A word with the blank before it, in pieces of up to ten letters; digits by threes; one other character; blanks.
_TOKEN = re.compile(
    rf"[{_WIDE}]{{1,2}}| ?\d{{1,3}}| ?[^\W\d_{_WIDE}]{{1,10}}| ?[^\w\s]|_|\s{{1,9}}(?=\s)|\s{{1,9}}|.", re.DOTALL
)


@kept(512, longest=4096)
def tokenize(text: str) -> tuple[str, ...]:
    """The tokens of a text, each of 1 to 11 characters; "".join of them is the text."""
    return tuple(_TOKEN.findall(text))


def count_tokens(text: str) -> int:
    """How many tokens a text has."""
    return len(tokenize(text))


def cut(text: str, limit: int) -> tuple[tuple[str, ...], bool]:
    """The first `limit` tokens, and whether that left any out."""
    tokens = tokenize(text)
    return tokens[: max(limit, 0)], len(tokens) > limit
