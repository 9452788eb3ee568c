"""A prompt made whole by the conversation before it: "and its population?" takes its subject from what was said."""

import re
from collections.abc import Sequence
from dataclasses import replace

from apex_mock.core.prose.ask import LOOKED_AT, Ask, Kind
from apex_mock.core.prose.intent import classify
from apex_mock.core.prose.library import language
from apex_mock.core.prose.memory import told
from apex_mock.core.prose.style import lasting, read_style
from apex_mock.core.prose.words import clip, sentences
from apex_mock.core.regex import regex
from apex_mock.core.types import Message

_PRONOUN = regex(
    r"\b(?:it|its|they|them|their|he|she|his|her|him|that|this|these|those|there|one|the (?:city|country|"
    r"book|author|film|person|team|same|latter|former))\b",
    re.I,
)
_ABOUT = regex(
    r"^(?:and |so |ok(?:ay)?,? |but )?(?:what|how) about\s+(.+?)[?.! ]*$|^and (?:for |of |in |what about "
    r")?(?!why|how|what|when|where|who|is|are|do|does|the |its|his|her|their)(.+?)\?+$",
    re.I,
)
_BARE = regex(
    r"^(?:and |but |so )?(?:why|how so|how come|since when|when|where|who|how|really)\W*$|^(?:another|one "
    r"more|again|another one|more)\b.{0,12}$",
    re.I,
)
_LEADING_NAME = regex(r"^(?:The )?((?:[A-Z][\w'’-]+)(?:(?: (?:da|de|van|von|of|the|and)){0,2} [A-Z][\w'’-]+)*)")


def understand(messages: Sequence[Message]) -> Ask:
    """The last thing the user said, in the light of all the rest."""
    kept = tuple(messages[-40:])
    prompt = next((m.content for m in reversed(kept) if m.role == "user"), kept[-1].content if kept else "")
    system = " ".join(m.content[:LOOKED_AT] for m in kept if m.role == "system")
    style, text = read_style(_window(prompt.strip()))
    told = read_style(system)[0]
    for message in kept[:-1]:
        if message.role == "user" and lasting(message.content[:LOOKED_AT]):
            told = told.merged(read_style(message.content[:LOOKED_AT])[0])
    spoken = language(text) if text else "en"
    ask = classify(
        Ask(Kind.EXPLANATION, prompt, text, spoken=spoken, style=told.merged(style), system=system, messages=kept)
    )
    return resolve(ask)


def _window(prompt: str) -> str:
    return prompt if len(prompt) <= LOOKED_AT else f"{prompt[: LOOKED_AT // 2]}\n{prompt[-LOOKED_AT // 2 :]}"


def resolve(ask: Ask) -> Ask:
    """`ask` made whole: a follow-up takes its subject from what was said before."""
    before = [m for m in ask.messages if m.role == "user"][:-1]
    if told(ask.messages, ask.text):
        return replace(ask, kind=Kind.RECALL)
    if ask.kind not in (
        Kind.QUESTION,
        Kind.EXPLANATION,
        Kind.YES_NO,
        Kind.MORE,
        Kind.HOW_TO,
        Kind.LIST,
        Kind.COMPARISON,
    ):
        if ask.kind in (Kind.CONTINUE,) and before and not ask.source:
            return replace(_earlier(before[-1], ask), kind=Kind.MORE)
        return ask
    if not before:
        return ask if ask.kind is not Kind.MORE else replace(ask, subject=ask.text)
    flat = " ".join(ask.text.split())
    previous = _earlier(before[-1], ask, before[:-1])
    if ask.kind is Kind.MORE or _BARE.match(flat):
        if previous.kind in (Kind.JOKE, Kind.STORY, Kind.POEM, Kind.HAIKU, Kind.CODE):
            return replace(previous, prompt=ask.prompt)
        return replace(previous, kind=Kind.MORE, prompt=ask.prompt, text=flat)
    if match := _ABOUT.match(flat):
        return _swap(previous, (match[1] or match[2]).strip(), ask)
    small = len(flat.split()) <= 14
    names = re.search(r"(?<!^)(?<![.?!] )\b[A-Z]\w+", flat)
    if small and _PRONOUN.search(flat) and not names:
        entity = _entity(previous, ask, flat)
        if entity:
            text = _refer(flat, entity)
            style = ask.style
            asked = classify(replace(ask, prompt=text, text=text))
            return replace(asked, prompt=ask.prompt, style=style)
    return ask


def _earlier(message: Message, ask: Ask, before: Sequence[Message] = ()) -> Ask:
    """An earlier user message, understood, and made whole by the one before it."""
    _, text = read_style(message.content.strip()[:LOOKED_AT])
    earlier = classify(
        Ask(
            Kind.EXPLANATION,
            message.content[:LOOKED_AT],
            text,
            style=ask.style,
            system=ask.system,
            messages=ask.messages,
            spoken=language(text),
        )
    )
    flat = " ".join(text.split())
    if before and (
        earlier.kind is Kind.MORE
        or _BARE.match(flat)
        or _ABOUT.match(flat)
        or (_PRONOUN.search(flat) and len(flat.split()) <= 12)
    ):
        root = _earlier(before[-1], ask, before[:-1][-3:])
        if match := _ABOUT.match(flat):
            return _swap(root, (match[1] or match[2]).strip(), ask)
        if earlier.kind is Kind.MORE or _BARE.match(flat):
            return root
        entity = _entity(root, ask, flat)
        if entity:
            resolved = _refer(flat, entity)
            return classify(replace(earlier, prompt=resolved, text=resolved))
    return earlier


def _swap(previous: Ask, other: str, ask: Ask) -> Ask:
    """The question before, asked about something else: "What about Germany?"."""
    other = re.sub(r"^(?:the |in |for )+(?=[A-Z])", "", other)
    text = previous.text
    names = re.findall(r"(?<!^)(?<![.?!] )\b[A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*", text)
    if names:
        text = text.replace(names[-1], other)
    elif match := re.search(r"^(.*\b(?:of|in|about|for|between)\s+)(?:the\s+)?[^?.!]+([?.!]*)$", text):
        text = f"{match[1]}{other}{match[2]}"
    elif previous.subject and previous.subject in text:
        text = text.replace(previous.subject, other)
    else:
        text = f"Tell me about {other}"
    return replace(classify(replace(previous, prompt=text, text=text)), prompt=ask.prompt, style=ask.style)


def _entity(previous: Ask, ask: Ask, flat: str) -> str:
    """What a pronoun stands for."""
    answer = next((m.content for m in reversed(ask.messages[:-1]) if m.role == "assistant"), "")
    if re.search(r"\b(?:he|she|his|her|him|they|their|them|the (?:person|author|city|book))\b", flat, re.I) and answer:
        first = (sentences(answer[:400]) or [""])[0]
        if re.search(r"\bthe city\b", flat, re.I) and (
            match := re.search(r"\b(?:is|was) ((?:[A-Z][\w'’.-]+ ?)+)", first)
        ):
            return match[1].strip(" .")
        if (match := _LEADING_NAME.match(first)) and (
            " " in match[1] or not re.match(r"(?:The|It|In|On|A|An|As|At|Yes|No)$", match[1])
        ):
            return match[1]
    if previous.sides and re.search(r"\b(?:they|them|one|these|those)\b", flat, re.I):
        return " and ".join(previous.sides)
    names = re.findall(r"(?<!^)(?<![.?!] )\b[A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*", previous.text)
    if names and previous.kind in (Kind.QUESTION, Kind.YES_NO):
        return str(names[-1])
    match = re.search(r"\b(?:of|in|about)\s+(?:the\s+)?([^?.!]+)$", previous.subject)
    return match[1] if match and previous.kind is Kind.QUESTION else previous.subject


def _refer(flat: str, entity: str) -> str:
    entity = clip(entity, 80)

    def put(match: re.Match[str]) -> str:
        word = match[0].lower()
        tail = flat[match.end() :]
        if (
            word in ("that", "this", "these", "those")
            and re.match(r"\s+[a-z]+", tail)
            and not re.match(r"\s+(?:is|are|was|were|work|mean|happen|do|in|so|cost|take)", tail)
        ):
            return match[0]
        if word in ("its", "their", "his") or (word == "her" and re.match(r"\s+[a-z]+", tail)):
            return f"{entity}'s"
        return f"in {entity}" if word == "there" and not re.match(r"\s+(?:is|are|was|were)", tail) else entity

    text = _PRONOUN.sub(put, flat, count=1)
    # "What is France's population?" reads and searches better as "the population of France".
    return re.sub(rf"{re.escape(entity)}'s (\w+)", rf"the \1 of {entity.replace(chr(92), '')}", text)
