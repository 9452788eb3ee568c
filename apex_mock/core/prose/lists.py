"""Lists of n: items of a list, a table or the facts of the corpus, or points that hold for any subject."""

import re
from collections.abc import Iterator
from random import Random

from apex_mock.core.corpus import Passage, PassageKind
from apex_mock.core.prose import unknown
from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.commons import IDEAS, QUESTIONS, REASONS, TIPS, VIEWS, common
from apex_mock.core.prose.ground import distinct, expand, topic
from apex_mock.core.prose.library import Library
from apex_mock.core.prose.words import plain, stems, telling, upper_first
from apex_mock.core.regex import regex

_ROW = regex(r"^\|(?P<cells>.+)\|\s*$")


def items(ask: Ask, shelf: Library, random: Random, count: int) -> list[str]:
    """Exactly `count` items about the subject."""
    subject = re.sub(
        r"^(?:[a-z-]+ )?(?:reasons?|facts?|things?|tips?|ways?|points|ideas?)\b(?: (?:to|for|of|about|on|why|that))*",
        "",
        ask.subject,
        flags=re.I,
    )
    wanted = telling(expand(subject)) or telling(expand(ask.subject)) or list(ask.wanted)
    found: list[str] = common(ask.subject, random, count)
    if found:
        return found
    named = _enumerated(telling(expand(ask.subject)), shelf)
    if named and (not ask.count or len(named) >= count):
        return named[:count]
    best: list[tuple[float, list[str]]] = []
    told = bool(
        re.match(
            r"(?:\w+ )?(?:reasons?|facts?|things?|tips?|ways?|benefits?|advantages|arguments|points)\b",
            ask.subject,
            re.I,
        )
    )
    advice = bool(re.match(r"(?:\w+ )?(?:tips?|ways?|steps|things to do)\b", ask.subject, re.I))
    kinds = (PassageKind.LIST, PassageKind.STEPS) if told else (PassageKind.LIST, PassageKind.STEPS, PassageKind.TABLE)
    for page, share in shelf.pages_about(wanted):
        for passage in shelf.passages(page, *kinds):
            if told and passage.kind is PassageKind.STEPS and not advice:
                continue
            made = [item for item in _items(passage) if item]
            head = set(stems(passage.heading)) | set(stems(" ".join(_columns(passage))))
            near = sum(shelf.weight(w) for w in wanted if w in head) / max(0.1, sum(shelf.weight(w) for w in wanted))
            if len(made) >= min(count, 3):
                best.append(
                    (
                        near * 2
                        + share
                        + (0.8 if advice and passage.kind is PassageKind.STEPS else 0)
                        + (0.4 if len(made) >= count else 0),
                        made,
                    )
                )
    best.sort(key=lambda entry: -entry[0])
    if best and best[0][0] >= 1.25:
        found = list(best[0][1])
        if len(found) > count and not _ordered(ask):
            kept = sorted(random.sample(range(len(found)), count))
            found = [found[i] for i in kept]
    if len(found) < count:
        lines = [h.line for h in shelf.find(wanted) if h.cover >= 0.7 and h.line.alone]
        about = topic(ask.about(subject), shelf)
        if about:
            lines += shelf.facts(about)
        chosen = distinct([line for line in lines if not found or all(line.text not in f for f in found)], share=0.45)
        found += [line.text for line in chosen[: count - len(found)]]
    if len(found) < count:
        found += _aspects(ask, random, count - len(found))
    return found[:count]


def _enumerated(wanted: list[str], shelf: Library) -> list[str]:
    """The items that a fact counts up: "The main types of renewable energy are solar, wind and ..."."""
    for hit in shelf.find(wanted)[:12]:
        line = hit.line
        match = re.match(
            r"^(?P<head>.{3,90}?) (?:are|include|is made up of) (?:the )?(?P<rest>[^:;()]+)[.]$", line.text
        )
        if match and set(wanted) <= set(stems(match["head"])):
            parts = [p.strip() for p in re.split(r",\s*(?:and )?|\s+and\s+", match["rest"]) if p.strip()]
            if len(parts) >= 3 and all(len(p.split()) <= 4 for p in parts):
                return [upper_first(p) for p in parts]
    return []


def _ordered(ask: Ask) -> bool:
    return bool(re.search(r"\b(?:top|first|largest|biggest|highest|longest|oldest|steps?|most)\b", ask.text, re.I))


def _columns(passage: Passage) -> list[str]:
    if passage.kind is not PassageKind.TABLE:
        return []
    return [cell.strip() for cell in passage.text.split("\n")[0].strip("|").split("|")][:1]


def _items(passage: Passage) -> Iterator[str]:
    if passage.kind is PassageKind.TABLE:
        rows = [[c.strip() for c in line.strip().strip("|").split("|")] for line in passage.text.split("\n")]
        if len(rows) < 3:
            return
        head = rows[0]
        for row in rows[2:]:
            if row and row[0] and not row[0].isdigit():
                details = [
                    f"{_label(h)}: {v}" if h else v
                    for h, v in zip(head[1:], row[1:], strict=False)
                    if v and v not in ("–", "-", "—")
                ][:2]
                yield f"**{plain(row[0])}**" + (f" ({'; '.join(details)})" if details else "")
            elif row and len(row) > 1 and row[0].isdigit():
                yield f"**{row[0]} {plain(row[1])}**" + (
                    f" ({'; '.join(v for v in row[2:3] if v)})" if len(row) > 2 else ""
                )
        return
    for part in re.split(r"^(?:[-*+]|\d+[.)])\s+", passage.text, flags=re.M):
        text = " ".join(part.split())
        if text:
            yield text


def _label(head: str) -> str:
    head = plain(head)
    return head if re.search(r"[A-Z]{2}", head.split(" ")[0]) else head[:1].lower() + head[1:]


def _aspects(ask: Ask, random: Random, count: int) -> list[str]:
    """Points that hold for many subjects, fitted to the kind of list."""
    subject = ask.subject
    match = re.match(
        r"^(?:[a-z-]+ )?(reason|benefit|advantage|tip|way|idea)s?\b(?: (?:to|for|of|about|on|why|in))?\s*(.*)$",
        subject,
        re.I,
    )
    kind = match[1].lower() if match else ""
    if re.search(r"\bquestions?\b", subject, re.I):
        kind, match = (
            "question",
            re.match(r"^.*?\bquestions?\b(?: (?:to|for|of|about|on|i can))*\s*(.*)$()", subject, re.I),
        )
    pool = (
        QUESTIONS
        if kind == "question"
        else REASONS
        if kind in ("reason", "benefit", "advantage")
        else TIPS
        if kind in ("tip", "way")
        else IDEAS
        if kind
        else VIEWS
    )
    name = unknown.name_of(ask) if not match else match[1] if kind == "question" else match[2]
    name = name or "this"
    order = random.sample(pool, len(pool))
    return [order[i % len(order)].format(x=name.replace("{", "").replace("}", "")) for i in range(count)]


def listing(ask: Ask, shelf: Library, random: Random) -> str:
    """A lead-in and exactly the number of items asked for."""
    count = ask.count
    subject = re.sub(r"^(?:the|some|all|of) ", "", ask.subject, flags=re.I)
    if re.match(r"(?:most|[a-z]+est)\b", subject):
        subject = f"the {subject}"
    made = items(ask, shelf, random, count if ask.count else 12)
    if not ask.count:
        short = next(
            (i for i, item in enumerate(made) if any(item.startswith(v.split("{x}")[0]) for v in VIEWS)), len(made)
        )
        made = made[: max(3, min(short, 12 if made[0].startswith("**") else 6))]
        count = len(made)
    numbered = ask.style.numbered or (not ask.style.bullets and (_ordered(ask) or random.random() < 0.6))
    n = _spelled(count)
    if subject.startswith("the "):
        lead = random.choice((f"Here are the {n} {subject[4:]}:", f"The {n} {subject[4:]} are:"))
    elif ask.count:
        lead = random.choice(
            (f"Here are {n} {subject}:", f"{upper_first(n)} {subject}:", f"Here is a list of {n} {subject}:")
        )
    else:
        lead = (
            random.choice((f"Here are some {subject}:", f"{upper_first(subject)}:"))
            if subject.endswith("s")
            else f"{upper_first(subject)}:"
        )
    if count == 1:
        return made[0]
    if not re.search(r"\w", subject):
        lead = f"Here are {_spelled(count)}:"
    return lead + "\n\n" + "\n".join(f"{i}. {item}" if numbered else f"- {item}" for i, item in enumerate(made, 1))


def _spelled(n: int) -> str:
    words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    return words[n] if n < len(words) else str(n)
