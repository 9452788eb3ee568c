"""No key stands in what is shown: its variable does, in a command in such a way that the command runs."""

import re
import shlex
from collections.abc import Mapping, Sequence

LONGEST = 2000  # characters of what was expected or came
LONGEST_COMMAND = 32_000  # characters that a person can still paste
SHORT_KEY = 8  # a key shorter than this is taken out only where it stands as a word


class Redactor:
    """Takes keys out of text, also where a target echoes them. `names` are the keys' variables by key."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = {key: name for key, name in names.items() if key}
        # The longest first: one key may be the beginning of another.
        ordered = sorted(self._names, key=len, reverse=True)
        patterns = [re.escape(key) if len(key) >= SHORT_KEY else rf"(?<!\w){re.escape(key)}(?!\w)" for key in ordered]
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def whole(self, text: str) -> str:
        """The text without keys."""
        return self._pattern.sub(lambda found: f"${self._names[found[0]]}", text) if self._pattern else text

    def __call__(self, text: str) -> str:
        """The text without keys, and then shortened: the other way round half a key could be left."""
        text = self.whole(text)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text) - LONGEST} more)"

    def shell(self, words: Sequence[str]) -> str:
        """A command line to paste; a word that holds a key is in double quotes, with the key's variable in it."""
        return " ".join(map(self._word, words))

    def _word(self, word: str) -> str:
        if self._pattern is None or not self._pattern.search(word):
            return shlex.quote(word)
        quoted, at = "", 0
        for found in self._pattern.finditer(word):
            name, after = self._names[found[0]], word[found.end() : found.end() + 1]
            quoted += _escaped(word[at : found.start()])
            quoted += f"${{{name}}}" if after.isalnum() or after == "_" else f"${name}"
            at = found.end()
        return f'"{quoted}{_escaped(word[at:])}"'


def _escaped(text: str) -> str:
    """As it stands inside double quotes."""
    return re.sub(r'[\\"`$]', r"\\\g<0>", text)


def pasted(command: str) -> str:
    """A command, or, since half of one is of no use, what it would have been."""
    if len(command) <= LONGEST_COMMAND:
        return command
    return f"# {len(command)} characters are too many to paste; it begins with: {command[:200]}"
