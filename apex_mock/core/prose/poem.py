"""Poems: rhymed stanzas that were written to stand in any order, opened by the subject."""

from random import Random

from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.haiku import theme_of
from apex_mock.core.prose.library import Library
from apex_mock.core.prose.words import clip, upper_first

_STANZAS: dict[str, tuple[str, ...]] = {
    "nature": (
        "The path goes up beside the stream,\nThe ferns are bright with rain,\nAnd what was lost as in a "
        "dream\nThe woods give back again.",
        (
            "A blackbird tries a single note\nAnd then a longer one;\nThe valley lifts its misty coat\nAnd shows "
            "it to the sun."
        ),
        (
            "No clock has ever ruled the trees,\nNo letter bids them grow;\nThey learn their business from the "
            "breeze\nAnd what the roots below know."
        ),
    ),
    "sea": (
        "The harbour lamps are burning low,\nThe nets are hung to dry,\nAnd where the deeper currents go\n"
        "The last of daylight lie.",
        (
            "The tide has neither lock nor key,\nIt takes what it has lent;\nIt writes a letter to the quay\nAnd "
            "asks you what it meant."
        ),
        (
            "So let the wind be what it is,\nAnd let the gulls complain;\nThe boats that leave on nights like "
            "this\nCome home to us again."
        ),
    ),
    "space": (
        "The light you see has travelled far\nTo reach your window sill;\nIt left its home, a distant star,\n"
        "And it is travelling still.",
        (
            "We sent a small machine to tell\nThe dark that we are here,\nAnd every word that from it fell\n"
            "Arrived within the year."
        ),
        (
            "O keep a candle for the deep,\nFor those who rise and roam;\nThe sky is wide, the night is steep,\n"
            "And Earth, a lamp of home."
        ),
    ),
    "code": (
        "The screen is bright, the street is dark,\nThe tests are running still;\nA single dot, a tiny "
        "spark,\nGoes climbing up the hill.",
        (
            "One line was wrong, and only one,\nIt hid in open sight;\nI changed a sign, and it was done,\nAnd "
            "half was gone the night."
        ),
        (
            "So here is to the patient mind\nThat reads what others wrote,\nAnd leaves, for those who come "
            "behind,\nA short and honest note."
        ),
    ),
    "love": (
        "I do not need the moon above\nTo know what I should say;\nThe smallest things are signs of love:\n"
        "You asked about my day.",
        (
            "You keep my cup, I keep your key,\nWe share the morning light,\nAnd what the years have made of me\n"
            "You know by heart, and right."
        ),
        (
            "Let others write of storm and flame\nAnd promise all they can;\nYou turn around, you say my name,\n"
            "And so it all began."
        ),
    ),
    "general": (
        "It starts with something very small,\nA word, a passing glance,\nAnd suddenly you see it all\nAs if "
        "it were by chance.",
        (
            "The days go by, the seasons turn,\nThe questions stay the same;\nThere is so much for us to learn,\n"
            "And more than we can name."
        ),
        (
            "So take it as the morning takes\nThe window and the floor,\nThe slow surprise that daylight makes\n"
            "Of what was there before."
        ),
        (
            "And if you cannot find the key,\nThen leave the door ajar;\nThe things that want to, you will see,\n"
            "Come in from where they are."
        ),
    ),
}
_OPENINGS = (
    "I sat to write of {x} tonight\nAnd found I had no plan;\nBut then there came a little light,\nAnd "
    "so the words began.",
    (
        "Of {x} many songs are sung,\nAnd here is one song more;\nI heard it when the world was young,\nOr "
        "just outside the door."
    ),
    "They say that {x} cannot stay\nWithin a verse or two;\nI only know that on the way\nIt showed me something new.",
)


_LIMERICKS = (
    "A coder who worked in the night\nSaw a bug that was just out of sight;\nHe removed half a line,\n"
    "Said, “Now it is fine,”\nAnd by morning the bug was all right.",
    (
        "There once was a cat on a wall\nWho was certain she never would fall;\nShe leapt at a bee,\nLanded "
        "under the tree,\nAnd pretended she meant it at all."
    ),
    (
        "A baker who lived by the sea\nPut salt in the bread and the tea;\nWhen they asked, “Is it right?”\n"
        "He said, “Take a small bite,\nAnd the second is likely for free.”"
    ),
    (
        "An old astronomer, Lou,\nWas looking for something quite new;\nHe polished the glass,\nSaw a moth "
        "slowly pass,\nAnd reported a planet or two."
    ),
)


def poem(ask: Ask, shelf: Library, random: Random) -> str:
    """Three or four stanzas under a title."""
    if "limerick" in ask.prompt[:400].lower():
        return random.choice(_LIMERICKS)
    theme = theme_of(ask.subject or ask.text)
    pool = _STANZAS.get(theme, _STANZAS["general"])
    subject = clip(ask.subject, 60)
    name = subject.removeprefix("the ").removeprefix("a ").removeprefix("an ") if subject else ""
    stanzas = random.sample(pool, min(3, len(pool)))
    if name and len(name.split()) <= 4:
        stanzas = [random.choice(_OPENINGS).format(x=subject), *stanzas[:2]]
        if len(_STANZAS["general"]) and random.random() < 0.5:
            stanzas.append(_STANZAS["general"][3])
    title = f"**{upper_first(subject)}**\n\n" if subject and len(subject.split()) <= 6 else ""
    return title + "\n\n".join(stanzas)
