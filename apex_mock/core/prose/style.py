"""How the answer should look, when the conversation says so: length, layout, letter case, who is speaking."""

import re
from dataclasses import dataclass
from random import Random

from apex_mock.core.prose.words import closed, plain, sentences
from apex_mock.core.regex import regex

NUMBERS = {
    word: n
    for n, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
} | {
    "a": 1,
    "single": 1,
    "a single": 1,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "fifty": 50,
    "hundred": 100,
    "couple": 2,
}
_NUMBER = r"(\d{1,4}|" + "|".join(sorted(NUMBERS, key=len, reverse=True)) + ")"

_SENTENCES = regex(
    rf"[,;]?\s*(?:\b(?:answer|reply|respond|explain|describe|it|this|please)\b\s+)*"
    rf"\b(?:in|using|with|to)\s+(?:at most|no more than|exactly|only|just|about|under)?\s*"
    rf"{_NUMBER}\s+(?:short\s+|simple\s+|brief\s+|concise\s+)?sentences?\b",
    re.I,
)
_WORDS = regex(
    rf"[,;]?\s*(?:\b(?:answer|reply|respond)\b\s+)?\b(?:in|using|with|within|under|max(?:imum)?)\s+"
    rf"(?P<how>at most|no more than|up to|less than|fewer than|under|exactly|about|around|only|just|maximum)?"
    rf"\s*{_NUMBER}\s+words?(?: or (?:less|fewer))?\b",
    re.I,
)
_BULLETS = regex(
    r"[,;]?\s*\b(?:(?:as|in|using|with|use)\s+(?:a\s+|an\s+)?(?:short\s+|unordered\s+)?(?:list of\s+)?"
    r"bullet(?:ed|s)?[ -]?(?:points?|list|form|format|items?)?|bullet points? only)\b",
    re.I,
)
_NUMBERED = regex(r"[,;]?\s*\b(?:as|in|using)\s+an?\s+(?:numbered|ordered)\s+list\b", re.I)
_TABLE = regex(r"[,;]?\s*\b(?:as|in|using|into)\s+(?:an?\s+)?(?:markdown\s+)?table(?: form(?:at)?)?\b", re.I)
_UPPER = regex(
    r"[,;]?\s*\b(?:(?:in|use|using|with|write in)\s+)?(?:all\s+|only\s+)?"
    r"(?:upper[ -]?case|capital letters|all[ -]caps)(?: letters)?(?: only)?\b",
    re.I,
)
_LOWER = regex(r"[,;]?\s*\b(?:in|use|using)\s+(?:all\s+|only\s+)?lower[ -]?case(?: letters)?(?: only)?\b", re.I)
_YES_NO = regex(
    r"[,;.(]?\s*(?:\b(?:please\s+)?(?:just\s+|only\s+)?(?:answer|reply|respond|say)\b\s+)?(?:only\s+|just\s+)?"
    r"(?:with\s+)?(?:only\s+|just\s+|a\s+|a simple\s+)?[\"“']?\byes[\"”']?\s*(?:or|/)\s*[\"“']?no\b[\"”']?"
    r"(?:\s+only)?[).]?",
    re.I,
)
_ONLY = regex(
    r"[,;.(]?\s*\b(?:(?:please\s+)?(?:answer|reply|respond|give|return|output|say)\s+)?(?:me\s+)?(?:with\s+)?"
    r"(?:only|just)\s+(?:with\s+)?(?:the\s+|a\s+|an\s+)?"
    r"(number|name|year|date|answer|city|word|country|result|value|digits?)\b(?: only)?(?:,? (?:please|"
    r"nothing else))?\)?",
    re.I,
)
_ONE_WORD = regex(
    r"[,;.(]?\s*(?:\b(?:answer|reply|respond)\b\s+)?\b(?:in|with|using)\s+(?:only |just |exactly )?(?:one|"
    r"a single|1) word\b\)?",
    re.I,
)
_BRIEF = regex(
    r"[,;]?\s*\b(?:briefly|in brief|in short|concisely|be (?:very )?(?:brief|concise|short)|short answer|"
    r"keep it (?:short|brief|simple)|in a nutshell)\b|\b(?:answers?|responses?|replies) (?:must be|should be|are) "
    r"(?:brief|short|concise)|\b(?:concise|terse|laconic) (?:assistant|answers?)\b",
    re.I,
)
_LONG = regex(r"[,;]?\s*\b(?:in (?:great )?detail|at length|thoroughly|in[- ]depth|comprehensive(?:ly)?)\b", re.I)
_START = regex(r"\b(?:start|begin|open)\b[^.\"“]{0,40}\bwith\b[^\"“.]{0,20}[\"“]([^\"”]{1,60})[\"”]", re.I)
_END = regex(r"\b(?:end|finish|close|conclude)\b[^.\"“]{0,40}\bwith\b[^\"“.]{0,20}[\"“]([^\"”]{1,60})[\"”]", re.I)
_PERSONA = regex(r"\b(pirate|shakespeare\w*|cowboy|robot|butler|wizard)\b", re.I)
_SPEAKS = regex(
    r"\b(?:you are|you're|act as|act like|pretend|speak|talk|respond|answer|reply|in the style of|like a)\b", re.I
)
_LASTING = regex(r"\b(?:from now on|always|all (?:your )?answers|every answer|for the rest)\b", re.I)

_VOICES = {
    "pirate": (
        ("Arr, matey! ", "Ahoy there! ", "Yo-ho! "),
        (" Fair winds to ye!", " So say I, or walk the plank!", " Arr!"),
    ),
    "shakes": (
        ("Hark! ", "Good friend, attend: ", "Prithee, lend thine ear. "),
        (" So much for that, fair friend.", " Thus it stands, by my troth."),
    ),
    "cowboy": (
        ("Well, howdy, partner! ", "Saddle up, friend. "),
        (" And that's the long and short of it, partner.", " Happy trails!"),
    ),
    "robot": (("Beep. Query received. ", "Processing complete. "), (" End of transmission.", " Beep.")),
    "butler": (("Very good. ", "If I may be of service: "), (" Will that be all?", " I remain at your disposal.")),
    "wizard": (
        ("By my staff and beard! ", "Gather close, young apprentice. "),
        (" Such is the lore.", " Use this knowledge wisely."),
    ),
}


@dataclass(frozen=True, slots=True)
class Style:
    """What was asked of the form. Zero and "" mean: nothing was said."""

    sentences: int = 0
    words: int = 0
    exactly: bool = False
    bullets: bool = False
    numbered: bool = False
    table: bool = False
    upper: bool = False
    lower: bool = False
    yes_no: bool = False
    only: str = ""
    brief: bool = False
    long: bool = False
    start: str = ""
    end: str = ""
    voice: str = ""

    @property
    def short(self) -> bool:
        """Whether a long answer would be cut down anyway."""
        return self.brief or bool(self.sentences or self.only or self.yes_no) or 0 < self.words < 80

    def merged(self, later: "Style") -> "Style":
        """What the later message says wins over what was said before."""
        return Style(*(getattr(later, name) or getattr(self, name) for name in self.__slots__))


PLAIN = Style()


def number(word: str) -> int:
    return int(word) if word.isdigit() else NUMBERS.get(word.lower(), 0)


def read_style(text: str) -> tuple[Style, str]:
    """What a message says about the form, and the message without it."""
    found: dict[str, object] = {}
    if match := _START.search(text):
        found["start"] = match[1]
        text = _drop(text, match)
    if match := _END.search(text):
        found["end"] = match[1]
        text = _drop(text, match)
    if match := _ONE_WORD.search(text):
        found["only"] = "word"
        text = _drop(text, match)
    elif match := _WORDS.search(text):
        found["words"] = number(match[2])
        found["exactly"] = (match["how"] or "").lower() == "exactly"
        text = _drop(text, match)
    if match := _SENTENCES.search(text):
        found["sentences"] = number(match[1])
        text = _drop(text, match)
    if match := _ONLY.search(text):
        found["only"] = match[1].lower()
        text = _drop(text, match)
    for name, pattern in _FLAGS:
        if match := pattern.search(text):
            found[name] = True
            text = _drop(text, match)
    if (match := _PERSONA.search(text)) and _SPEAKS.search(text):
        found["voice"] = match[1].lower()[:6]
    if found:
        text = re.sub(
            r"(?<=[.?!])\s+(?:please )?(?:answer|reply|respond|write|explain|do)(?: it| this| me)?[.!]?$",
            "",
            text,
            flags=re.I,
        )
    return Style(**found), text.strip(" ,;")  # type: ignore[arg-type]  # found has Style's fields by name


_FLAGS = (
    ("bullets", _BULLETS), ("numbered", _NUMBERED), ("table", _TABLE), ("upper", _UPPER), ("lower", _LOWER),
    ("yes_no", _YES_NO), ("brief", _BRIEF), ("long", _LONG),
)  # fmt: skip


def lasting(text: str) -> bool:
    """Whether what an earlier message says about the form is meant to last."""
    return bool(_LASTING.search(text))


def _drop(text: str, match: re.Match[str]) -> str:
    head, tail = text[: match.start()].rstrip(), text[match.end() :]
    if tail.startswith((".", "!", "?", ":", ",")) or not tail.strip():
        return head + tail
    return f"{head} {tail.lstrip()}"


def dress(text: str, style: Style, random: Random) -> str:
    """The answer in the form that was asked for."""
    if style.sentences:
        text = " ".join(prose_sentences(text)[: style.sentences])
    elif style.brief and "```" not in text:
        text = " ".join(prose_sentences(text)[:2]) if len(text.split()) > 60 else text
    if style.words:
        text = shorten(text, style.words, style.exactly)
    if style.table and "|" not in text:
        rows = [f"| {i} | {s.rstrip('.')} |" for i, s in enumerate(prose_sentences(text), 1)]
        text = "\n".join(["| | Point |", "|---|---|", *rows])
    elif (style.bullets or style.numbered) and "```" not in text and not re.search(r"^\s*[-*] ", text, re.M):
        items = [re.sub(r"^\d+[.)] ", "", s) for s in prose_sentences(text)]
        marks = (f"{i}." for i in range(1, len(items) + 1)) if style.numbered else ("-" for _ in items)
        text = "\n".join(f"{mark} {item}" for mark, item in zip(marks, items, strict=True))
    if style.voice and style.voice[:6] in _VOICES and "```" not in text and not style.only:
        opens, ends = _VOICES[style.voice[:6]]
        text = random.choice(opens) + text + (random.choice(ends) if not style.sentences else "")
    if style.start and not text.startswith(style.start):
        text = f"{style.start} {text}"
    if style.end and not text.endswith(style.end):
        text = f"{text} {style.end}"
    if style.upper:
        text = text.upper()
    elif style.lower:
        text = text.lower()
    return text


def prose_sentences(text: str) -> list[str]:
    """The sentences of an answer, its list items among them, its headings and code left out."""
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    found = []
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith(("#", "|")):
            line = re.sub(r"^\*\*[^*]{2,80}[.:]\*\*\s+(?=\S)", "", line)
            bare = plain(re.sub(r"^\s*(?:[-*]|\d+[.)]) ", "", line))
            found += [s for s in sentences(bare) if not s.endswith(":")] or ([] if bare.endswith(":") else [bare])
    return found or [plain(text)]


def shorten(text: str, limit: int, exactly: bool = False) -> str:
    """Whole sentences within `limit` words; when none fits, the first one cut at a clause."""
    parts = prose_sentences(text)
    kept: list[str] = []
    used = 0
    for part in parts:
        size = len(part.split())
        if used + size > limit:
            break
        kept.append(part)
        used += size
    if kept and not (exactly and used < limit):
        return " ".join(kept)
    if exactly:
        words = " ".join(parts).split()[:limit]
        return closed(" ".join(words).rstrip(",;:")) if words else text
    words = parts[0].split()[:limit]
    clause = " ".join(words)
    cut = max(clause.rfind(","), clause.rfind(";"), clause.rfind(" which"), clause.rfind(" and "))
    if cut > len(clause) * 0.5:
        clause = clause[:cut]
    return closed(
        re.sub(r"\s+(?:the|a|an|of|in|and|or|to|by|with|for|from|which|that|as|is|are)$", "", clause.rstrip(" ,;:"))
    )
