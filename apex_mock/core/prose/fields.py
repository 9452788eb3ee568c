"""JSON answers: the fields that a prompt names, each with a value of a sensible type out of the grounded answer."""

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

from apex_mock.core.prose.ask import Ask, Kind
from apex_mock.core.prose.style import prose_sentences
from apex_mock.core.prose.words import STOPWORDS, clip, plain, telling, upper_first

Answer = Callable[[], str]

_KEY = r"[\"'`“]?[A-Za-z_][\w-]*[\"'`”]?(?:\s*\([^)]{0,40}\))?"
_NAMED = re.compile(
    rf"\b(?:keys?|fields?|properties|attributes|columns|members)\b(?: (?:named|called|are|should be|must be|of|for))?\s*:?\s*"
    rf"(?P<keys>{_KEY}(?:\s*(?:,\s*(?:and |or )?|\band\s+|&\s*){_KEY})*)",
    re.I,
)
_WITH = re.compile(
    rf"\b(?:json|object)\b[^.\n{{]{{0,30}}?\b(?:with|containing|including|having)\s+(?:the |a |an |only )*(?P<keys>{_KEY}(?:\s*(?:,\s*(?:and |or )?|\band\s+)(?:a |an |the )?{_KEY})*)",
    re.I,
)
_NOT_KEYS = frozenset(
    "the a an and or only for of in as with no not exactly two three four five one following valid that which whose is are json object name: key keys field fields".split()
)
_PLURAL_OK = frozenset(
    "is has was class status address analysis basis thesis news series species business process access bus success progress previous".split()
)


def wants(ask: Ask) -> bool:
    """Whether the conversation itself asks for JSON."""
    text = f"{ask.system} {ask.text[:1500]}"
    return bool(
        re.search(
            r"\b(?:as|in|return|respond|reply|answer|output|give|provide|produce|generate|only|using|valid|with)\b[^.\n]{0,40}\bjson\b(?! (?:file|parser|schema is|library|module))",
            text,
            re.I,
        )
    ) and not re.search(r"\b(?:function|script|code|program|parse|class|method|read|load)\b", text, re.I)


def keys_of(text: str) -> list[str] | dict[str, Any]:
    """The names of the fields that a text asks for, or the skeleton that it shows."""
    if skeleton := _skeleton(text):
        return skeleton
    for pattern in (_NAMED, _WITH):
        for match in pattern.finditer(text):
            found = [
                re.sub(r"\s*\(.*?\)", "", k).strip(" \"'`“”")
                for k in re.split(r"\s*,\s*(?:and |or )?|\s+and\s+|\s*&\s*", match["keys"])
            ]
            found = [re.sub(r"^(?:a|an|the)\s+", "", k) for k in found]
            found = [k for k in found if k and k.lower() not in _NOT_KEYS and re.fullmatch(r"[A-Za-z_][\w-]*", k)]
            if found:
                return list(dict.fromkeys(found))[:24]
    return []


def _skeleton(text: str) -> dict[str, Any]:
    for start in (m.start() for m in re.finditer(r"\{", text)):
        depth = 0
        for end in range(start, min(len(text), start + 3000)):
            depth += (text[end] == "{") - (text[end] == "}")
            if depth == 0:
                piece = text[start : end + 1]
                try:
                    value = json.loads(piece)
                except (ValueError, RecursionError):
                    value = {k: "..." for k in re.findall(r"[\"']([\w-]+)[\"']\s*:", piece)}
                if isinstance(value, dict) and value:
                    return value
                break
    return {}


def render(ask: Ask, answer: Answer, random: Random) -> str:
    """A JSON object as text: the fields asked for, else `answer`."""
    text = answer()
    named = keys_of(f"{ask.prompt[:3000]}\n{ask.system[:1500]}")
    made: dict[str, Any]
    if isinstance(named, dict):
        made = {str(k): _like(str(k), v, text, ask, random) for k, v in named.items()}
    elif named:
        made = {key: value_for(key, text, ask, random) for key in named}
    else:
        made = _unnamed(ask, text)
    return json.dumps(made, ensure_ascii=False)


def _unnamed(ask: Ask, text: str) -> dict[str, Any]:
    if ask.kind is Kind.LIST:
        return {"items": _items(text)}
    if ask.kind is Kind.HOW_TO and (steps := re.findall(r"^\d+\. (.+)$", text, re.M)):
        return {"answer": plain(text.split("\n")[0]), "steps": [plain(s) for s in steps]}
    return {"answer": _flat(text)}


def _like(key: str, shape: Any, text: str, ask: Ask, random: Random) -> Any:
    """A value of the type that the skeleton shows."""
    if isinstance(shape, bool):
        return bool(random.getrandbits(1)) if not key.startswith(("is_", "has_")) else True
    if isinstance(shape, dict):
        return {str(k): _like(str(k), v, text, ask, random) for k, v in shape.items()}
    if isinstance(shape, list):
        if shape and isinstance(shape[0], dict):
            return [
                {str(k): _like(str(k), v, s, ask, random) for k, v in shape[0].items()}
                for s in _items(text)[: max(2, len(shape))]
            ]
        if shape and isinstance(shape[0], int | float) and not isinstance(shape[0], bool):
            return _numbers(text)[:3] or [1]
        return _items(text)[:5]
    if isinstance(shape, int | float):
        value = value_for(key, text, ask, random)
        return value if isinstance(value, int | float) else (_numbers(text) or [1])[0]
    hint = str(shape).strip("<>. ").lower() if isinstance(shape, str) else ""
    if "|" in hint:
        choices = [c.strip() for c in str(shape).strip("<> ").split("|") if c.strip()]
        return next((c for c in choices if c.lower() in text.lower()), choices[0])
    if hint in ("number", "int", "integer", "float"):
        return (_numbers(text) or [1])[0]
    if hint in ("bool", "boolean", "true/false"):
        return not text.lower().startswith("no")
    if hint in ("list", "array", "string[]", "[string]"):
        return _items(text)[:5]
    value = value_for(key, text, ask, random)
    return value if isinstance(value, str | list) else str(value)


_NUMERIC = re.compile(
    r"^(?:age|count|year|price|number|amount|total|quantity|score|rating|population|height|length|distance|size|width|weight|duration|minutes|hours|days|rank|temperature|confidence|probability|percent(?:age)?|num_\w+|n_\w+|\w+_(?:count|number|year|score|price|age|total|km|m|kg|id|minutes|percent))$|^id$",
    re.I,
)


def value_for(key: str, text: str, ask: Ask, random: Random) -> Any:
    """A value for one field by its name."""
    low = key.lower()
    parts = prose_sentences(text)
    if re.match(
        r"^(?:is|has|can|should|was|does|are)(?:_|[A-Z])|^(?:valid|success|ok|correct|true|active|enabled)$", key
    ):
        return not text.lower().lstrip().startswith("no")
    if low in ("confidence", "probability", "score", "relevance"):
        return round(random.uniform(0.72, 0.97), 2)
    if _NUMERIC.match(key):
        return _figure(low, ask, text, random)
    if low.endswith("s") and low not in _PLURAL_OK and not low.endswith(("ss", "us", "is")):
        if low in ("tags", "keywords", "topics", "categories", "labels"):
            return _keywords(text, ask)
        return _items(text)[:5]
    if low in (
        "name",
        "first_name",
        "author",
        "person",
        "city",
        "capital",
        "country",
        "place",
        "location",
        "animal",
        "planet",
        "mountain",
        "river",
    ):
        return _name(low, text, ask, random)
    if low in ("title", "headline", "subject", "topic"):
        return upper_first(clip(ask.subject or parts[0], 70))
    if low in ("summary", "short", "description", "definition", "tldr", "abstract"):
        return parts[0] if low != "summary" else " ".join(parts[:2])
    if low in ("explanation", "reasoning", "details", "detail", "body", "content", "reason", "rationale"):
        return " ".join(parts[1:4]) or parts[0]
    if low in ("sentiment", "label", "category", "class"):
        return (
            plain(text).split(".")[0].split(":")[0].strip().lower()[:40]
            if ask.kind is Kind.CLASSIFY
            else (_keywords(text, ask) or ["general"])[0]
        )
    if low in ("language", "lang"):
        return {"en": "English", "fr": "French", "es": "Spanish", "de": "German", "ja": "Japanese"}[ask.spoken]
    if low in ("question", "query", "prompt"):
        return clip(ask.text, 300)
    if low == "date" and (
        match := re.search(r"\b\d{1,2} [A-Z][a-z]+ \d{4}\b|\b\d{4}-\d\d-\d\d\b|\b1\d{3}\b|\b20\d\d\b", text)
    ):
        return match[0]
    if low in ("email", "mail"):
        return f"{_name('name', text, ask, random).split()[0].lower()}@example.com"
    if low == "code":
        match = re.search(r"```\w*\n(.+?)```", text, re.S)
        return match[1] if match else _flat(text)
    if low in ("answer", "result", "response", "text", "output", "message"):
        return _flat(text)
    told = re.search(
        rf"\b{re.escape(low.replace('_', ' '))}\b[^.]{{0,20}}? (?:is|are|was) (?:the |a |an )?([^.,;]+)", text, re.I
    )
    if told:
        return told[1].strip()
    best = max(parts, key=lambda part: len(set(telling(part)) & set(telling(low.replace("_", " ")))))
    return best


_PEOPLE = ("Mira Holm", "Jonas Weber", "Amara Osei", "Luca Moretti", "Ines Duarte", "Noah Lindgren")


def _name(low: str, text: str, ask: Ask, random: Random) -> str:
    if match := re.search(rf"\b{re.escape(low)}\b[^.]*? is ([A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*)", text):
        return match[1]
    if low in ("country", "city", "place", "location") and (
        match := re.search(r"\b(?:of|in) ([A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*)", text)
    ):
        return match[1]
    if low in ("name", "first_name", "person", "author") and re.search(
        r"\b(?:person|user|character|employee|customer|profile|fictional|random|people)\b", ask.text, re.I
    ):
        full = random.choice(_PEOPLE)
        return full.split()[0] if low == "first_name" else full
    if match := re.match(r"^((?:[A-Z][\w'’-]+)(?: (?:(?:da|de|van|of) )?[A-Z][\w'’-]+)*)", text):
        if match[1].lower() not in STOPWORDS and match[1] not in ("The", "A", "An", "Here", "There"):
            return match[1]
    if match := re.search(r"(?<=[a-z,] )([A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*)", text):
        return match[1]
    return upper_first(clip(ask.subject, 40)) or random.choice(_PEOPLE)


def _figure(low: str, ask: Ask, text: str, random: Random) -> int | float:
    numbers = _numbers(text)
    years = [int(n) for n in numbers if 1000 <= n <= 2100 and float(n).is_integer()]
    if "year" in low:
        return years[0] if years else random.randint(1950, 2020)
    if low in ("id", "rank"):
        return 1
    if low == "age":
        small = [n for n in numbers if 0 < n < 120]
        return int(small[0]) if small and "aged" in text else random.randint(21, 68)
    if "price" in low or low == "amount":
        return round(random.uniform(5, 90), 2)
    rest = [n for n in numbers if n not in years] or numbers
    if low in ("rating",):
        return random.choice((3, 4, 4, 5))
    return rest[0] if rest else random.randint(1, 12)


def _numbers(text: str) -> list[int | float]:
    found: list[int | float] = []
    for match in re.findall(r"(?<![\w.])[−-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])[−-]?\d{1,15}(?:\.\d+)?", text):
        clean = match.replace(",", "").replace("−", "-")
        found.append(float(clean) if "." in clean else int(clean))
    return found


def _items(text: str) -> list[str]:
    listed = re.findall(r"^\s*(?:[-*]|\d+\.)\s+(.+)$", text, re.M)
    return [plain(item) for item in listed] or prose_sentences(text)


def _keywords(text: str, ask: Ask) -> list[str]:
    words = [w for w in re.findall(r"[^\W\d_]{4,}", plain(text)) if w.lower() not in STOPWORDS]
    wanted = [w for w in re.findall(r"[^\W\d_]{3,}", ask.subject) if w.lower() not in STOPWORDS]
    return list(dict.fromkeys(w.lower() for w in [*wanted, *words]))[:5] or ["general"]


def _flat(text: str) -> str:
    return (
        text.strip()
        if "```" in text
        else "\n".join(plain(line) if line.strip() else "" for line in text.strip().splitlines())
    )
