"""A value for one JSON field, by its name, out of an answer in words."""

import re
from random import Random
from typing import Any

from apex_mock.core.corpus import STOPWORDS
from apex_mock.core.prose.ask import Ask, Kind
from apex_mock.core.prose.style import prose_sentences
from apex_mock.core.prose.words import clip, plain, telling, upper_first
from apex_mock.core.regex import regex

_PLURAL_OK = frozenset(
    """is has was class status address analysis basis thesis news series species business process access
    bus success progress previous""".split()
)
_NUMERIC = regex(
    r"^(?:age|count|year|price|number|amount|total|quantity|score|rating|population|height|length|"
    r"distance|size|width|weight|duration|minutes|hours|days|rank|temperature|confidence|probability|"
    r"percent(?:age)?|num_\w+|n_\w+|\w+_(?:count|number|year|score|price|age|total|km|m|kg|id|minutes|"
    r"percent))$|^id$",
    re.I,
)


_MADE_UP = regex(r"\b(?:fictional|fictitious|imaginary|random|sample|fake|dummy|made[- ]up|example)\b", re.I)
_BEINGS = regex(r"\b(?:person|user|character|employee|customer|profile|student|people|hero|patient|contact)s?\b", re.I)
_HOMES = (
    ("Lisbon", "Portugal"),
    ("Oslo", "Norway"),
    ("Accra", "Ghana"),
    ("Vienna", "Austria"),
    ("Kyoto", "Japan"),
    ("Quito", "Ecuador"),
)
_JOBS = ("teacher", "software engineer", "nurse", "carpenter", "translator", "botanist")


def _person(low: str, ask: Ask) -> Any:
    """One field of a made-up person; the same person for all fields of an answer."""
    seed = sum(map(ord, ask.text))
    name, (city, country), job = _PEOPLE[seed % 6], _HOMES[seed % 5], _JOBS[seed % 4]
    first, _, last = name.partition(" ")
    made = {
        "name": name,
        "full_name": name,
        "fullname": name,
        "first_name": first,
        "firstname": first,
        "last_name": last,
        "lastname": last,
        "username": first.lower() + last[:1].lower(),
        "age": 24 + seed % 40,
        "city": city,
        "country": country,
        "location": f"{city}, {country}",
        "address": f"12 Garden Street, {city}",
        "job": job,
        "occupation": job,
        "profession": job,
        "role": job,
        "title": job,
        "email": f"{first.lower()}.{last.lower()}@example.com",
        "phone": "+00 555 0142",
        "hobbies": ["reading", "cycling", "cooking"],
        "interests": ["music", "hiking", "history"],
        "skills": ["planning", "writing", "Python"],
        "bio": f"{name} is a {job} who lives in {city}.",
        "description": f"{name} is a {job} who lives in {city}.",
        "is_active": True,
        "active": True,
    }
    return made.get(low)


def value_for(key: str, text: str, ask: Ask, random: Random) -> Any:
    """A value for one field by its name."""
    low = key.lower()
    if _MADE_UP.search(ask.text) and _BEINGS.search(ask.text) and (person := _person(low, ask)) is not None:
        return person
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
        return items_in(text)[:5]
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
        return match[1] if match else flat(text)
    if low in ("answer", "result", "response", "text", "output", "message"):
        return flat(text)
    told = re.search(
        rf"\b{re.escape(low.replace('_', ' '))}\b[^.]{{0,20}}? (?:is|are|was) (?:the |a |an )?([^.,;]+)", text, re.I
    )
    if told:
        return told[1].strip()
    return max(parts, key=lambda part: len(set(telling(part)) & set(telling(low.replace("_", " ")))))


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
    if (match := re.match(r"^((?:[A-Z][\w'’-]+)(?: (?:(?:da|de|van|of) )?[A-Z][\w'’-]+)*)", text)) and not (
        match[1].lower() in STOPWORDS or match[1] in ("The", "A", "An", "Here", "There")
    ):
        return match[1]
    if match := re.search(r"(?<=[a-z,] )([A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*)", text):
        return match[1]
    return upper_first(clip(ask.subject, 40)) or random.choice(_PEOPLE)


def _figure(low: str, ask: Ask, text: str, random: Random) -> int | float:
    """A number for a field; 0 where nothing is known rather than a false figure."""
    numbers = numbers_in(text)
    years = [int(n) for n in numbers if 1000 <= n <= 2100 and float(n).is_integer()]
    invented = bool(_MADE_UP.search(ask.text))
    if "year" in low:
        return years[0] if years else random.randint(1960, 2020) if invented else 0
    if low in ("id", "rank"):
        return 1
    if low in ("count", "total", "number", "n_items", "num_items") and ask.kind is Kind.LIST:
        return len(items_in(text))
    if low == "age" and (
        aged := re.search(r"\bage of (\d+)\b|\baged (\d+)\b|\b(\d+) years old\b", f"{ask.text} {text}")
    ):
        return int(next(g for g in aged.groups() if g))
    if low == "age":
        return random.randint(21, 68)
    if "price" in low or low == "amount":
        return round(random.uniform(5, 90), 2)
    if low == "rating":
        return random.choice((3, 4, 4, 5))
    for word in telling(low.replace("_", " ")):
        for part in prose_sentences(text):
            if word in telling(part) and (found := [n for n in numbers_in(part) if n not in years]):
                return found[0]
    if low in (
        "number",
        "count",
        "total",
        "quantity",
        "length",
        "height",
        "distance",
        "duration",
        "minutes",
        "hours",
        "days",
    ):
        rest = [n for n in numbers if n not in years] or numbers
        if rest:
            return rest[0]
    return random.randint(1, 12) if invented else 0


def numbers_in(text: str) -> list[int | float]:
    found: list[int | float] = []
    for match in re.findall(r"(?<![\w.])[−-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])[−-]?\d{1,15}(?:\.\d+)?", text):
        clean = match.replace(",", "").replace("−", "-")
        found.append(float(clean) if "." in clean else int(clean))
    return found


def items_in(text: str) -> list[str]:
    listed = re.findall(r"^\s*(?:[-*]|\d+\.)\s+(.+)$", text, re.M)
    return [plain(item) for item in listed] or prose_sentences(text)


def _keywords(text: str, ask: Ask) -> list[str]:
    words = [w for w in re.findall(r"[^\W\d_]{4,}", plain(text)) if w.lower() not in STOPWORDS]
    wanted = [w for w in re.findall(r"[^\W\d_]{3,}", ask.subject) if w.lower() not in STOPWORDS]
    return list(dict.fromkeys(w.lower() for w in [*wanted, *words]))[:5] or ["general"]


def flat(text: str) -> str:
    return (
        text.strip()
        if "```" in text
        else "\n".join(plain(line) if line.strip() else "" for line in text.strip().splitlines())
    )
