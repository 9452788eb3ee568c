"""Short pieces for a purpose: an e-mail, a post, a slogan; and what to say to a request of no known kind."""

import re
from random import Random

from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.ground import said_about
from apex_mock.core.prose.library import Library
from apex_mock.core.prose.memory import names_told
from apex_mock.core.prose.words import clip, upper_first
from apex_mock.core.regex import regex

CUE = regex(
    r"^(?:please |can you |could you )?(?:write|draft|compose|create|prepare|generate|give me|suggest|"
    r"help me write)\b[^.?!]{0,40}?"
    r"\b(?P<what>e-?mail|letter|message|note|tweet|post|caption|slogan|tagline|toast|speech|invitation|review|bio)\b",
    re.I,
)


def draft(ask: Ask, shelf: Library, random: Random) -> str:
    """A finished text that can be sent as it is, or nearly so."""
    match = CUE.match(" ".join(ask.text.split()))
    what = match["what"].lower().replace("-", "") if match else "note"
    subject = clip(ask.subject, 80) or "our plans"
    if what in ("tweet", "post", "caption"):
        fact = next((line.text for line in said_about(ask, shelf, 4) if len(line.text) < 190), "")
        tag = "#" + "".join(upper_first(w) for w in re.findall(r"\w+", subject)[:3])
        return f"{fact or random.choice(_POSTS).format(x=upper_first(subject))} {tag}"
    if what in ("slogan", "tagline"):
        return random.choice(_SLOGANS).format(x=upper_first(subject))
    if what in ("toast", "speech", "bio", "review"):
        return " ".join(random.choice(part).format(x=subject) for part in _SPEECH)
    to = re.search(
        r"\b(?:to|for) ((?:my|the|our|a) [\w' -]+?|[A-Z][\w'-]+)(?= about\b| regarding\b| that\b| to\b| "
        r"asking\b|[.,!]|$)",
        ask.text,
    )
    reader = re.sub(r"^(?:my|the|our|a) ", "", to[1]) if to else "team"
    sender = names_told(ask.messages) or "[Your name]"
    head = f"Subject: {upper_first(re.sub(r'^(?:a|an|the) ', '', subject))}\n\n" if what in ("email", "message") else ""
    body = " ".join(random.choice(part).format(x=subject) for part in _LETTER)
    return f"{head}Dear {upper_first(reader)},\n\n{body}\n\nKind regards,\n{sender}"


_LETTER = (
    (
        "I am writing to you about {x}.",
        "I would like to bring up {x} with you.",
        "I hope you are well. My reason for writing is {x}.",
    ),
    (
        "The matter has been on my mind for some days, and I would be glad to settle it soon.",
        "It would help me a good deal if we could find a solution in the coming days.",
    ),
    (
        "Could you let me know when it would suit you to look into it?",
        "Please tell me what you need from me, and I will send it at once.",
        "Would a short call this week be convenient for you?",
    ),
    ("Thank you for your time.", "Many thanks in advance.", "I look forward to your answer."),
)
_POSTS = (
    "{x}: small steps, real progress. What has been your experience?",
    "Today is a good day to think about {x}. Tell us what you have learned!",
    "We have been looking closely at {x}, and there is more to it than meets the eye.",
)
_SLOGANS = (
    "{x}: made for the way you live.",
    "{x}. Simply worth it.",
    "More time for what matters: {x}.",
    "{x}, because details count.",
)
_SPEECH = (
    ("Dear friends, a few words about {x}.", "It is a pleasure to say a few words about {x}."),
    (
        "Some things become clear only when one looks back, and then one sees how many small moments led up "
        "to this one.",
        "Nothing of this came about by chance: there was patience in it, and a good deal of humour.",
    ),
    (
        "I would like to thank everybody who had a part in it, above all those who seldom ask for thanks.",
        "What stays with me is the kindness of the people involved.",
    ),
    ("May there be many more occasions like this one.", "Let us take that with us, and carry on."),
)
REQUEST = (
    "Gladly. For the request {x} I would begin with the purpose: who is it for, and what should be "
    "different afterwards?",
    "With pleasure. The request {x} can be met in more than one way, so it helps to settle the direction first.",
    "Happy to. With the request {x} the best start is a short outline, which can then be filled in.",
)
NEXT = (
    "After that come the limits, such as length, time and means, since they rule out more than taste does.",
    "Two or three concrete examples of what you like would show the way better than any description.",
    "A first version may be rough; it is easier to improve something than to wait for the perfect beginning.",
    "Then it is a matter of choosing one idea and following it through rather than mixing several.",
)
