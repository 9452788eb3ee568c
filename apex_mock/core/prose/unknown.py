"""What to say when the corpus does not hold the answer: fluent, on the subject, and without inventing a fact."""

import re
from random import Random

from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.drafts import NEXT, REQUEST
from apex_mock.core.prose.ground import expand, said_about
from apex_mock.core.prose.library import Library
from apex_mock.core.prose.words import clip, lower_first, telling, upper_first

# What can be said in general about what is asked, by the word that asks for it.
_GENERAL = (
    (
        r"\bcapital\b",
        (
            "A capital is the city in which a country's government has its seat, and it is not always the "
            "largest city of the country"
        ),
    ),
    (
        r"\bpopulation\b|\bhow many people\b|\binhabitants\b",
        (
            "A population figure always belongs to a year and a source, since a census, a national estimate and "
            "a projection seldom give the same number"
        ),
    ),
    (
        r"\bprice\b|\bcosts?\b|\bhow much\b|\bworth\b",
        ("A price depends on the place, the seller and the day, so a figure is only useful together with its date"),
    ),
    (
        r"\bwhen\b|\bwhat year\b|\bdate\b",
        (
            "A date is easiest to rely on when two independent sources give the same one, because beginnings and "
            "endings are often counted differently"
        ),
    ),
    (
        r"\bwho\b.*\b(?:wrote|author|written)\b",
        "Authorship is usually settled by the title page of the earliest editions",
    ),
    (
        r"\b(?:won|wins?|winner|champion)\b",
        (
            "The result of a competition is certain only once it has been decided, and the organiser's own "
            "records are where it is kept"
        ),
    ),
    (
        r"\bwho\b.*\b(?:invent|discover|found|creat|built|made)",
        (
            "New things seldom have a single origin; several people often work on the same problem, and the name "
            "that is remembered is the one whose version spread"
        ),
    ),
    (
        r"\bwho\b",
        (
            "A person is best placed by a few simple questions: when they lived, what they worked on, and who "
            "carried that work further"
        ),
    ),
    (
        r"\bwhere\b",
        (
            "Where something lies is best understood from what is around it: the neighbours, the routes that "
            "lead there, and the landscape"
        ),
    ),
    (
        r"\bwhy\b",
        (
            "A question that begins with why usually has more than one answer: there is an immediate cause, and "
            "behind it the conditions that let the cause work"
        ),
    ),
    (
        r"\bhow (?:tall|high|far|long|big|large|deep|fast|old|heavy|hot|many)\b",
        (
            "A figure of this kind depends on how it is measured and on what is counted, so sources that measure "
            "differently can both be right"
        ),
    ),
    (
        r"\bhow\b",
        (
            "To see how something works it helps to follow it from beginning to end: what goes in, what happens "
            "to it on the way, and what comes out"
        ),
    ),
    (
        r"\bshould\b|\bbest\b|\bbetter\b|\brecommend\b",
        (
            "What is best depends on what matters most to you, so it pays to name the two or three things you "
            "care about before comparing"
        ),
    ),
)
_OPEN = (
    "{s} is a subject that rewards a careful look.",
    "{s} can be looked at from several sides.",
    "There are a few useful ways to approach {x}.",
    "It helps to begin with what is being asked about {x}.",
)
_WIDE = (
    "The first question is what exactly belongs to it and what does not, because the same words are used "
    "more broadly by some people than by others.",
    "A good starting point is to separate what is well established from what is opinion or still under discussion.",
    (
        "Much depends on the setting: the time, the place and the purpose decide which aspects matter and "
        "which can be left aside."
    ),
    "It usually helps to look at where it comes from, how it is used in practice, and what people expect of it.",
    "Examples are a good guide here, since two or three concrete cases show more than a general definition.",
)
_ASIDE = (
    "For {x}, a current reference work or an official source is the right place to settle the detail.",
    "For {x} in particular, I would go by a primary source rather than by memory.",
    "As for {x}, the details are worth checking against a source that is kept up to date.",
    "With {x}, the safest course is to start from a source close to the subject itself.",
)
_CLOSE = (
    "If you tell me which side of it matters to you, I can go into that.",
    "If you have a particular aspect in mind, we can narrow it down from there.",
    "Tell me a little more about the context, and I can be more specific.",
    "From there it is easy to go deeper into whichever part you need.",
    "A little context, such as where you met the question, would make it possible to be more precise.",
)
_CERTAIN = (
    "What can be said with confidence:",
    "What is well established:",
    "Some things around it are certain:",
    "For context:",
)


def name_of(ask: Ask) -> str:
    """The subject, as it can stand inside a sentence."""
    subject = clip(ask.subject or ask.text, 90).strip(' .?!,;:"“”')
    subject = re.sub(r"^(?:the following|this|that)$", "", subject, flags=re.I)
    if not re.search(r"\w", subject):
        return "this question"
    if re.match(
        r"(?:write|recommend|pretend|suggest|create|plan|design|draft|make|give|show|help|find|imagine|act|"
        r"generate|prepare|compose|invent|propose|list|name|choose|pick|let|guess|play|solve|draw)\b",
        ask.text,
        re.I,
    ):
        return f"the request “{upper_first(clip(ask.text, 90).strip(' .?!'))}”"
    text = clip(ask.text, 110).strip(" .?!¿¡？")
    if ask.spoken != "en":
        return f"the question “{upper_first(text)}?”" if "?" in ask.text or "？" in ask.text else f"“{text}”"
    if re.match(r"who (?!is|was|are|were)\w+ ", text, re.I):
        return f"the question of {lower_first(text[:1].lower() + text[1:])}"
    if re.match(
        r"(?:why|when|where|how|which|is|are|was|were|does|do|did|can|could|has|have|will|would|should)\b", text, re.I
    ):
        return f"the question “{upper_first(text)}?”"
    if len(subject.split()) <= 9:
        return _article(subject, ask.text)
    return f"“{clip(subject, 70)}”"


def _article(subject: str, text: str) -> str:
    if re.search(rf"\bthe {re.escape(subject)}", text, re.I) and not subject.lower().startswith("the "):
        return f"the {subject}"
    return subject


def talk(ask: Ask, shelf: Library, random: Random, *, long: bool = False) -> str:
    """A few sentences on a subject that the corpus does not know, with what it does know about its parts."""
    name = name_of(ask)
    if name.startswith("the request "):
        return " ".join([random.choice(REQUEST).format(x=name[12:]), *random.sample(NEXT, 2), random.choice(_CLOSE)])
    known = _nearby(ask, shelf)
    general = next((said for cue, said in _GENERAL if re.search(cue, ask.text, re.I)), "")
    parts: list[str] = []
    if general:
        parts += [general + ".", random.choice(_ASIDE).format(x=name)]
    else:
        parts += [random.choice(_OPEN).format(s=upper_first(name), x=name), *random.sample(_WIDE, 3 if long else 2)]
        if not known:
            parts.append(random.choice(_ASIDE).format(x=name))
    if known:
        parts.append(random.choice(_CERTAIN) + " " + known)
    parts.append(random.choice(_CLOSE))
    if long:
        middle = len(parts) // 2
        return " ".join(parts[:middle]) + "\n\n" + " ".join(parts[middle:])
    return " ".join(parts)


def _nearby(ask: Ask, shelf: Library) -> str:
    """A true sentence about the thing whose property is asked for: France, in "the population of France"."""
    match = re.search(r"\b(?:of|in|about)\s+(?:the\s+)?([^?.!]+)$", expand(ask.subject).rstrip("?.! "))
    entity = match[1] if match else ""
    words = telling(entity)
    if not words or not all(shelf.knows(word) for word in words):
        return ""
    for line in said_about(ask.about(entity), shelf, 8):
        if set(words) <= set(line.lead) or set(words) <= set(list(line.lead)[-2:]):
            return line.text
    return ""
