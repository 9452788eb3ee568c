"""Stories in beats, each written out in several ways, that take up the hero and the wish that the prompt names."""

import re
from dataclasses import dataclass
from random import Random

from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.beats import BEATS, PLACES
from apex_mock.core.prose.haiku import theme_of
from apex_mock.core.prose.library import Library
from apex_mock.core.prose.words import clip, upper_first
from apex_mock.core.regex import regex

_SHE = ("Mira", "Ines", "Tova", "Amara", "Lena", "Suri", "Noor", "Edda")
_HE = ("Jonas", "Tomás", "Idris", "Pavel", "Anton", "Kofi", "Emil", "Ravi")
_FEMALE = regex(
    r"\b(?:girl|woman|queen|princess|mother|grandmother|sister|daughter|witch|lady|aunt|widow|heroine|nun|she|her)\b",
    re.I,
)
_MALE = regex(r"\b(?:boy|man|king|prince|father|grandfather|brother|son|knight|uncle|monk|fisherman|he|his)\b", re.I)
_THING = regex(
    r"\b(?:robot|dragon|cat|dog|fox|owl|mouse|bear|rabbit|bird|tree|lamp|clock|ship|star|cloud|machine|"
    r"computer|whale|turtle|wolf|horse|bee|crow|lighthouse|teapot|satellite|ai)\b",
    re.I,
)
_ROLE = regex(
    r"^(?P<hero>(?:an?|the|one|two|my|our)\s+(?:[\w'’-]+\s+){0,3}?[\w'’-]+|[A-Z][\w'’-]+)"
    r"(?:\s+(?:named|called)\s+(?P<name>[A-Z][\w'’-]+))?"
    r"\s*,?\s*(?P<rest>(?:who|that|which|learning|trying|looking|searching|in|on|at|from|with|and|living|"
    r"lost|going|discovering|finding|travell?ing|building|meeting|becoming|falling|making|dreaming|"
    r"exploring|saving|fighting|teaching|writing|waiting|chasing|working|befriending|seeking|hiding|"
    r"visiting|stranded)\b.*)?$"
)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who the story is about, what is wanted, and where it happens."""

    name: str
    hero: str  # "a cosmonaut"
    role: str  # "cosmonaut"
    she: str
    her: str
    hers: str
    wish: str  # "learn to paint"
    doing: str  # "learning to paint"
    place: str
    subject: str


def story(ask: Ask, shelf: Library, random: Random) -> str:
    """250 to 500 words in five to seven paragraphs, under a title at times; shorter when that was asked for."""
    cast = _cast(ask, random)
    beats = list(BEATS)
    if ask.style.short:
        beats = ["opening", "wish", "turn", "end"]
    told = []
    for beat in beats:
        text = random.choice(BEATS[beat])
        told.append(_fill(text, cast))
    title = random.choice(
        (
            "**The {r} and the Long Way Home**",
            "**What the {r} Learned**",
            "**A Small Light**",
            "**The Patience of {n}**",
            "",
        )
    ).format(r=_titled(cast.role), n=cast.name)
    return "\n\n".join(([title] if title and not ask.style.short else []) + told)


def _titled(text: str) -> str:
    return " ".join(upper_first(word) for word in text.split())


def _fill(text: str, cast: Cast) -> str:
    for key in Cast.__slots__:
        value = str(getattr(cast, key))
        text = text.replace("{" + key + "}", value).replace("{" + upper_first(key) + "}", upper_first(value))
    return text


_ING = regex(
    r"^(?:who (?:is|was|wants to|wanted to|tries to|dreams of|learns to|learned to|must|has to|can|could) "
    r")?(?P<verb>[\w-]+)(?P<rest>.*)$"
)


def _cast(ask: Ask, random: Random) -> Cast:
    subject = clip(ask.subject, 100)
    subject = re.sub(r"\b(?:in|under|about|with) (?:at most |around )?\d+ words\b.*", "", subject).strip(" ,.")
    subject = re.sub(r"\bhow (?=(?:an?|the) )", "", subject)
    match = _ROLE.match(subject)
    hero, name, rest = (match["hero"], match["name"] or "", match["rest"] or "") if match else ("", "", "")
    if hero and hero[0].isupper() and not hero.startswith(("A ", "An ", "The ")):
        name, hero = hero, ""
    if not match and subject:
        rest = ""
    kind = f"{hero} {subject}"
    if _FEMALE.search(kind):
        female = True
    elif _MALE.search(kind):
        female = False
    else:
        female = random.random() < 0.5
    if not name:
        name = random.choice(_SHE if female else _HE)
    it = bool(_THING.fullmatch(hero.split()[-1])) if hero else False
    she, her, hers = ("she", "her", "her") if female else ("he", "him", "his")
    if it:
        name = (
            name
            if match and match["name"]
            else upper_first(random.choice(("Pip", "Bram", "Olly", "Tock", "Wisp", "Juno")))
        )
    loose = "" if match or subject.startswith("in ") else subject
    doing, wish = _wish(rest, loose, random)
    role = (
        re.sub(r"^(?:an?|the|one|my|our|two)\s+", "", hero)
        if hero
        else random.choice(("gardener", "clockmaker", "ferrywoman" if female else "ferryman", "librarian", "baker"))
    )
    hero = hero if hero else f"{'an' if role[0] in 'aeiou' else 'a'} {role}"
    hero = re.sub(r"^(?:my|our|one|two)\s+", "a ", hero)
    theme = theme_of(subject)
    if found := re.match(r"(in .+)$", subject):
        rest = found[1]
    if found := re.match(
        r"(?:living |lost |stranded )?((?:in|on|at|under|near) (?:the |an? )?[\w' -]+?)(?: who| that|,|$)", rest
    ):
        place = found[1]
    else:
        place = random.choice(PLACES.get(theme, PLACES["general"]))
    return Cast(name, hero, role, she, her, hers, wish, doing, place, subject or "a long evening")


def _wish(rest: str, loose: str, random: Random) -> tuple[str, str]:
    """What is wanted, as "learning to paint" and as "learn to paint"."""
    rest = rest.strip(" ,")
    if match := re.match(r"(?:and|with) (.+)", rest):
        return f"doing something kind for {match[1]}", f"do something kind for {match[1]}"
    if match := re.match(r"(?:who|that|which) (?:is|was) (?:afraid|scared|frightened) of (.+)", rest):
        return f"losing the fear of {match[1]}", f"lose the fear of {match[1]}"
    if match := re.match(
        r"(?:who|that|which) (?:wants|wanted|tries|tried|learns|learned|learnt|decides|decided|has|had|dares|"
        r"hopes|hoped|longs|longed) to (.+)",
        rest,
    ):
        verb = match[1]
        base = f"learn to {verb}" if re.match(r"(?:who|that) learn", rest) else verb
        return _gerund(base), base
    if match := re.match(r"(?:who|that|which) (?:dreams|dreamed|dreamt) of (.+)", rest):
        return match[1], _base(match[1])
    if match := re.match(r"(?:who|that|which) (?:finds?|found|discovers?|discovered) (.+)", rest):
        return f"finding out more about {match[1]}", f"find out more about {match[1]}"
    if match := re.match(r"(?:who|that|which) (?:can't|cannot|could not|couldn't) (.+)", rest):
        return _gerund(f"learn to {match[1]}"), f"learn to {match[1]}"
    if match := re.match(r"(?:who|that|which) (?:loves?|loved) (.+)", rest):
        thing = match[1]
        return (thing, _base(thing)) if re.match(r"\w+ing\b", thing) else (f"caring for {thing}", f"care for {thing}")
    if re.match(r"\w+ing\b", rest):
        return rest, _base(rest)
    if rest.startswith(("with ", "and ")):
        thing = rest.split(" ", 1)[1]
        return f"caring for {thing}", f"care for {thing}"
    if loose and len(loose.split()) <= 6:
        return f"understanding {loose}", f"understand {loose}"
    wish = random.choice(
        (
            "mend the old music box",
            "find where the river begins",
            "learn the names of the stars",
            "keep the lamp burning until spring",
        )
    )
    return _gerund(wish), wish


def _base(doing: str) -> str:
    """ "learning to paint" -> "learn to paint"."""
    first, _, rest = doing.partition(" ")
    stem = first.removesuffix("ing")
    if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "lsz":
        stem = stem[:-1]
    elif stem in (
        "mak",
        "writ",
        "danc",
        "rid",
        "tak",
        "giv",
        "sav",
        "explor",
        "com",
        "becom",
        "chas",
        "sav",
        "bak",
        "liv",
        "hid",
        "us",
        "driv",
        "solv",
        "mov",
        "clos",
        "shar",
    ):
        stem += "e"
    elif stem in ("travell",):
        stem = "travel"
    return f"{stem} {rest}".strip()


def _gerund(base: str) -> str:
    first, _, rest = base.partition(" ")
    if first.endswith("e") and not first.endswith(("ee", "oe", "ye")):
        first = first[:-1]
    elif re.search(r"[^aeiou][aeiou][bdgmnpt]$", first) and len(first) <= 4:
        first += first[-1]
    return f"{first}ing {rest}".strip()
