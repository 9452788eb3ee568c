"""What is asked: the kind of a request and its subject, by the words that give them away."""

import re
from dataclasses import replace

from apex_mock.core.prose import cues, sums, talk
from apex_mock.core.prose.ask import Ask, Kind
from apex_mock.core.prose.drafts import CUE
from apex_mock.core.prose.library import language
from apex_mock.core.prose.style import number
from apex_mock.core.prose.words import clip, telling
from apex_mock.core.regex import regex


def echo(prompt: str) -> str | None:
    """What the prompt wants repeated word for word, or None."""
    head = prompt.strip()
    if len(head) > 2_000:
        return None
    for pattern in cues.ECHO:
        if match := pattern.match(head):
            wanted = cues.ECHO_TAIL.sub("", cues.TAIL_CUT.sub("", match[1]).strip()).strip()
            quoted = re.match(r"^[\"“'`](.+?)[\"”'`][.!]?$", wanted, re.S)
            if quoted:
                return quoted[1]
            if (
                re.match(
                    r"(?:the |a |an )?(?:number|name|answer|year|city|word|json|yes or no|json object|code|result|"
                    r"capital|"
                    r"date|letter|option|label)\b",
                    wanted,
                    re.I,
                )
                and len(wanted.split()) > 1
            ):
                return None
            if len(wanted.split()) == 1:
                wanted = wanted.rstrip(".") or wanted
            return wanted or None
    return None


def classify(ask: Ask) -> Ask:
    """`ask` with its kind and its subject."""
    text = ask.text
    flat = " ".join(text.split())
    if echo(ask.prompt):
        return replace(ask, kind=Kind.ECHO)
    if small := talk.kind(flat):
        return replace(ask, kind=small, subject=flat)
    if sums.arithmetic(flat) is not None:
        return replace(ask, kind=Kind.ARITHMETIC, subject=flat)
    head = flat[:400]
    if "```" in text and re.search(
        r"\b(?:explain|what does|review|describe|fix|debug|wrong|improve|refactor|comment)\b", head, re.I
    ):
        return replace(ask, kind=Kind.EXPLAIN_CODE)
    source = _source(ask.prompt)
    if cues.TRANSLATE.search(head):
        return replace(ask, kind=Kind.TRANSLATION, source=source)
    if cues.CLASSIFY.search(head):
        return replace(ask, kind=Kind.CLASSIFY, source=source)
    if cues.SUMMARY.search(flat[:200]) or cues.SUMMARY.search(flat[-120:]):
        what = cues.SUMMARY.sub(" ", head).strip(" :.")
        what = re.sub(
            r"^(?:of|for me|me|the following(?: text| article)?|this(?: text| article)?|about|on)\b[ :]*",
            "",
            what,
            flags=re.I,
        )
        return replace(_about(ask, what), kind=Kind.SUMMARY, source=source)
    if cues.EXTRACT.search(head):
        return replace(ask, kind=Kind.EXTRACT, source=source)
    if cues.REWRITE.search(head) and source:
        return replace(ask, kind=Kind.REWRITE, source=source)
    if reading := _reading(ask.prompt):
        return replace(
            ask,
            kind=Kind.READING,
            source=reading[0],
            text=reading[1],
            subject=reading[1],
            wanted=tuple(telling(reading[1])),
        )
    if not re.match(r"(?:what|who|when|why|where|is|are|explain)\b", head, re.I) and any(
        pattern.search(head) for pattern in cues.CODE
    ):
        return replace(ask, kind=Kind.CODE, subject=clip(flat, 160), wanted=tuple(telling(head)))
    if CUE.match(head):
        return replace(_about(ask, _theme(head)), kind=Kind.DRAFT)
    for kind, pattern in cues.KINDS:
        if pattern.search(head) and not re.match(r"(?:what|who|when|explain|why)\b(?!.*\bjoke)", head, re.I):
            return replace(_about(ask, _theme(head)), kind=kind, count=_count(head))
    if cues.MORE.match(flat):
        return replace(ask, kind=Kind.MORE, subject=flat)
    if (match := cues.CONTINUE.match(flat)) and len(flat) - match.end() > 8:
        return replace(ask, kind=Kind.CONTINUE, source=flat[match.end() :])
    for pattern in cues.COMPARE:
        if match := pattern.search(head):
            a, b = _trim(match["a"]), _trim(match["b"])
            if a and b and len(a) < 80:
                return replace(_about(ask, f"{a} and {b}"), kind=Kind.COMPARISON, sides=(a, b))
    for pattern in cues.LIST:
        if (match := pattern.search(head)) and not re.match(r"(?:how|who|when|why)\b", head, re.I):
            what = _trim(match["what"])
            return replace(_about(ask, what), kind=Kind.LIST, count=min(max(number(match[1]), 1), 50))
    if match := cues.PLAIN_LIST.match(head):
        return replace(_about(ask, _trim(match["what"])), kind=Kind.LIST)
    if match := cues.HOW_TO.match(head):
        what = _trim(match["what"])
        if re.search(
            r"\b(?:recipe|instructions)(?: \w+)? (?:for|of)\b|\bguide to\b", head[: match.start("what")], re.I
        ) and not re.match(r"\w+ing\b", what):
            what = f"make {what}"
        return replace(_about(ask, what), kind=Kind.HOW_TO)
    if match := cues.EXPLAIN.match(head):
        return replace(_about(ask, _trim(match["what"])), kind=Kind.EXPLANATION)
    if ask.spoken != "en":
        return replace(_about(ask, _trim(head)), kind=Kind.QUESTION, text=head)
    if re.search(r"\b(?:is|are|was|were|called|by)$", head) and len(head.split()) > 2:
        return replace(_about(ask, _trim(head)), kind=Kind.CONTINUE, source=flat)
    if match := cues.WH.match(head):
        return replace(
            _about(ask, _question_subject(head[match.start("wh") :])),
            kind=Kind.QUESTION,
            text=head[match.start("wh") :],
            wanted=tuple(telling(head)),
        )
    if cues.YES_NO.match(head):
        return replace(_about(ask, _question_subject(head)), kind=Kind.YES_NO, wanted=tuple(telling(head)))
    question = head.rstrip().endswith(("?", "？")) or language(head) != "en"
    return replace(_about(ask, _trim(head)), kind=Kind.QUESTION if question else Kind.EXPLANATION)


def _about(ask: Ask, subject: str) -> Ask:
    return replace(ask, subject=clip(subject, 120), wanted=tuple(telling(subject)))


_ORDER = regex(r"^(?:to me |me |us |the concept of |the idea of |the term |what |how |why |about |of |on )+", re.I)
_EXTRA = regex(
    r"\s*(?:,? (?:please|thanks|thank you|to (?:me|a (?:child|beginner|\d+[- ]year[- ]old))|like i'?m "
    r"(?:five|\d+)|for (?:me|beginners|kids|children)|in simple (?:terms|words)|step by step|in your own "
    r"words))+[?.! ]*$",
    re.I,
)


def _trim(text: str) -> str:
    text = re.split(r"(?<=[a-z)])[.?!]\s+", " ".join(text.split()))[0].strip(" \"“”'`.?!:;,*-")
    if re.match(r"(?:to me |me )?(?:how|what|why|where)\b", text, re.I):
        text = re.sub(r"\s+(?:is|are|works?)$", "", text)
    text = _EXTRA.sub("", _ORDER.sub("", text))
    return clip(text, 140).strip(" \"“”'.?!:;,")


_SUBJECT = regex(
    
        r"^(?:(?:in )?(?:who|whom|whose|what|which|when|where|why|how)(?:'s|’s|'re)?|is|are|was|were|does|do|"
        r"did|can|could|has|have|will|would|should|must)\b\s*"
    
    r"(?:many|much|long|far|tall|high|old|big|fast|deep|large|often|hot|cold|exactly)?\s*"
    
        r"(?:(?:is|are|was|were|does|do|did|can|could|has|have|had|will|would|should|must|exactly|the meaning "
        r"of|meant by)\b\s*)*(?:the\s+)?"
    ,
    re.I,
)  # fmt: skip


def _question_subject(text: str) -> str:
    sentence = re.split(r"(?<=[?!])\s", text)[0]
    subject = _SUBJECT.sub("", sentence, count=1)
    return _trim(subject) or _trim(text)


def _theme(text: str) -> str:
    match = re.search(
        r"\b(?:about|on|of|for|featuring|involving|where|in which|regarding|with)\s+(.+)$|\b(?:set|taking "
        r"place)\s+(in .+)$",
        text,
        re.I,
    )
    if match:
        return _trim(re.split(r"[.;!?]\s", match[1] or match[2])[0])
    match = re.search(r"\b(\w+)\s+(?:jokes?|puns?|haikus?|poem|story|tale)\b", text, re.I)
    if match and match[1].lower() not in (
        "a",
        "the",
        "short",
        "funny",
        "good",
        "another",
        "me",
        "some",
        "long",
        "new",
        "little",
        "an",
        "one",
        "best",
        "bedtime",
        "write",
        "tell",
    ):
        return match[1]
    return ""


def _count(text: str) -> int:
    match = re.search(r"\b" + cues.N + r"\s+(?:\w+ ){0,2}(?:jokes|haikus?|poems|puns|stories|limericks)\b", text, re.I)
    return min(number(match[1]), 10) if match else 1


def _source(prompt: str) -> str:
    """The text that a prompt brings along: what stands in quotes, after a colon or on the lines below."""
    flat = prompt.strip()[:40_000]
    if match := re.search(r"\"\"\"(.+?)\"\"\"|```(?:\w*\n)?(.+?)```|<(\w+)>(.+?)</\3>", flat, re.S):
        return (match[1] or match[2] or match[4]).strip()
    if match := re.search(r"(?:^|\s)[\"“](.{3,}?)[\"”](?=[\s.?!,]|$)", flat, re.S):
        return match[1].strip()
    if match := re.search(r"(?:^|\s)'([^'\n]{3,}?)'(?=[\s.?!,]|$)", flat):
        return match[1].strip()
    first, _, rest = flat.partition("\n")
    short = len(first) < 90 or (len(first) <= 160 and first.rstrip().endswith((":", ".", "?")))
    if short and len(rest.strip()) > 12:
        return rest.strip()
    match = re.search(r"^[^:\n]{3,160}?:\s+(.{3,})$", flat, re.S)
    if match:
        return match[1].strip()
    if tail := re.search(r"^(.{40,}?)\s*(?:\n|[.!?])\s*tl;?dr\W*$", flat, re.I | re.S):
        return tail[1]
    return ""


_CONTEXT = regex(
    r"\b(?:context|passage|document|documents|article|text|paragraph|sources?|background|excerpt|"
    r"information)\b[^:\n]{0,40}:\s*",
    re.I,
)
_ASKED = regex(r"(?:^|\n)\s*(?:question|query|q|user question|user)\s*:\s*(.+)", re.I)


def _reading(prompt: str) -> tuple[str, str] | None:
    """A text and a question about it, as prompts of retrieval-augmented generation bring them."""
    flat = prompt.strip()[:60_000]
    start = _CONTEXT.search(flat[:2_000])
    if not start or len(flat) < 60:
        return None
    asked = _ASKED.search(flat)
    if asked:
        question = asked[1].split("\n")[0].strip()
        body = (flat[: asked.start()] + "\n" + flat[asked.end() :])[start.end() if asked.start() > start.end() else 0 :]
        body = re.sub(r"(?:^|\n)\s*(?:answer|a|assistant)\s*:\s*$", "", body.strip(), flags=re.I)
        body = _CONTEXT.sub("", body, count=1) if asked.start() < start.end() else body
    else:
        before = flat[: start.start()].strip()
        body = flat[start.end() :]
        lines = body.rstrip().split("\n")
        if lines[-1].strip().endswith("?") and len(lines) > 1:
            question, body = lines[-1].strip(), "\n".join(lines[:-1])
        elif found := re.search(r"[^.?!\n]{6,200}\?", before):
            question = found[0].strip()
        else:
            return None
    return (body.strip(), question) if len(body.split()) > 6 and question else None
