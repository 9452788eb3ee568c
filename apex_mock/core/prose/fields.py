"""JSON answers: the fields that a prompt names, each with a value of a sensible type out of the grounded answer."""

import json
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from apex_mock.core.prose.ask import Ask, Kind
from apex_mock.core.prose.values import flat, items_in, numbers_in, value_for
from apex_mock.core.prose.words import plain
from apex_mock.core.regex import regex
from apex_mock.core.types import Message

Answer = Callable[[Ask], str]

_JSON = regex(
    r"\b(?:as|in|return|respond|reply|answer|output|give|provide|produce|generate|only|using|valid|with|"
    r"write|create|make)\b[^.\n]{0,40}\bjson\b"
    r"(?! (?:file|parser|schema is|library|module))",
    re.I,
)
_ABOUT_JSON = regex(
    r"\b(?:function|script|code|program|parse|class|method|read|load|what is json|explain json)\b", re.I
)

_KEY = r"[\"'`“]?[A-Za-z_][\w-]*[\"'`”]?(?:\s*\([^)]{0,40}\))?"
_NAMED = regex(
    rf"\b(?:keys?|fields?|properties|attributes|columns|members)\b(?: (?:named|called|are|should be|must "
    rf"be|of|for))?\s*:?\s*"
    rf"(?P<keys>{_KEY}(?:\s*(?:,\s*(?:and |or )?|\band\s+|&\s*){_KEY})*)",
    re.I,
)
_WITH = regex(
    rf"\b(?:json|object)\b[^.\n{{]{{0,30}}?\b(?:with|containing|including|having)\s+(?:the |a |an |only "
    rf")*(?P<keys>{_KEY}(?:\s*(?:,\s*(?:and |or )?|\band\s+)(?:a |an |the )?{_KEY})*)",
    re.I,
)
_NOT_KEYS = frozenset(
    """the a an and or only for of in as with no not exactly two three four five one following valid that
    which whose is are json object name: key keys field fields""".split()
)


def wanted(messages: Sequence[Message]) -> bool:
    """Whether the conversation itself asks for JSON."""
    prompt = next((m.content for m in reversed(messages) if m.role == "user"), "")
    if not any("json" in m.content.lower() or "{" in m.content for m in messages):
        return False
    text = " ".join([*(m.content[:2000] for m in messages if m.role == "system"), prompt[:1500], prompt[1500:][-800:]])
    shown = re.search(r"\{\s*[\"'][\w-]+[\"']\s*:", prompt[:3000]) and re.search(
        r"\b(?:format|schema|structure|shape|template|respond|return|output|like)\b", prompt[:3000], re.I
    )
    return bool(_JSON.search(text) or (shown and "```" not in prompt)) and not _ABOUT_JSON.search(prompt[:1500])


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
    for start in [m.start() for m in re.finditer(r"\{", text)][:12]:
        depth = 0
        for end in range(start, min(len(text), start + 3000)):
            depth += (text[end] == "{") - (text[end] == "}")
            if depth == 0:
                piece = text[start : end + 1]
                try:
                    value = json.loads(piece)
                except (ValueError, RecursionError):
                    value = dict.fromkeys(re.findall(r"[\"']([\w-]+)[\"']\s*:", piece), "...")
                if isinstance(value, dict) and value:
                    return value
                break
    return {}


def render(ask: Ask, wish: str, answer: Answer, random: Random) -> str:
    """A JSON object as text: with the fields that `wish` names, else with `answer`."""
    text = answer(ask)
    named = keys_of(wish)
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
        return {"items": items_in(text)}
    if ask.kind is Kind.HOW_TO and (steps := re.findall(r"^\d+\. (.+)$", text, re.M)):
        return {"answer": plain(text.split("\n")[0]), "steps": [plain(s) for s in steps]}
    return {"answer": flat(text)}


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
                for s in items_in(text)[: max(2, len(shape))]
            ]
        if shape and isinstance(shape[0], int | float) and not isinstance(shape[0], bool):
            return numbers_in(text)[:3] or [1]
        return items_in(text)[:5]
    if isinstance(shape, int | float):
        value = value_for(key, text, ask, random)
        return value if isinstance(value, int | float) else (numbers_in(text) or [1])[0]
    hint = str(shape).strip("<>. ").lower() if isinstance(shape, str) else ""
    if "|" in hint:
        choices = [c.strip() for c in str(shape).strip("<> ").split("|") if c.strip()]
        return next((c for c in choices if c.lower() in text.lower()), choices[0])
    if hint in ("number", "int", "integer", "float"):
        return (numbers_in(text) or [1])[0]
    if hint in ("bool", "boolean", "true/false"):
        return not text.lower().startswith("no")
    if hint in ("list", "array", "string[]", "[string]"):
        return items_in(text)[:5]
    value = value_for(key, text, ask, random)
    return value if isinstance(value, str | list) else str(value)


_INSTRUCTION = regex(
    r"[,;]?\s*\b(?:(?:please |and )?(?:return|respond|reply|answer|output|give(?: me)?|provide|produce|"
    r"generate|format|create|write|make|use)\s+(?:(?:it|them|this|that|your|the|my|answers?|results?|"
    r"outputs?|response|me|back|only|just|everything|data|to|with|as|in|a|an)\s+){0,6})?"
    r"(?:(?:as|in|with|using|only|a|an|the|it|this|valid|strict|raw)\s+)*\bjson\b(?: (?:object|format|"
    r"only|document|output|response|array|form))*"
    r"(?:\s*,?\s*(?:with|containing|having|using|that has|including|which has)\s+(?:exactly |only "
    r")?(?:the |these |a |an |two |three |four |five )*(?:following )?(?:keys?|fields?|properties|"
    r"attributes)?\s*:?\s*"
    rf"{_KEY}(?:\s*(?:,\s*(?:and |or )?|\band\s+|&\s*)(?:a |an |the )?{_KEY})*)?"
    r"(?:\s*[:,]?\s*(?=\{))?(?:\s*(?:for|about|of|describing|on|that describes|representing)\b)?",
    re.I,
)
_KEY_LIST = regex(
    rf"[,;.]?\s*\b(?:with |use |using |include |having )?(?:the |these )?(?:following )?(?:keys?|fields?|"
    rf"properties)\b\s*(?:are |should be |named )?:?\s*{_KEY}(?:\s*(?:,\s*(?:and |or )?|\band\s+){_KEY})*",
    re.I,
)


def question_in(text: str) -> str:
    """A prompt without what it says about JSON: the question itself."""
    if len(text) > 6_000:
        return text
    bare = re.sub(r"```(?:json)?\s*\{.*?\}\s*```|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}", " ", text, flags=re.S)
    bare = _KEY_LIST.sub(" ", _INSTRUCTION.sub(" ", bare))
    bare = re.sub(
        r"\b(?:use|follow|matching) (?:this|the following) (?:schema|format|structure|shape|template)\b:?|"
        r"\b(?:schema|format|example)\s*:\s*$",
        " ",
        bare,
        flags=re.I,
    )
    bare = re.sub(r"\s+([?.!,])", r"\1", " ".join(bare.split())).strip(" ,;:.-")
    return bare if len(re.findall(r"\w", bare)) > 2 else text
