"""Haiku of five, seven and five syllables, put together from lines that were written to go together."""

from random import Random

from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.library import Library
from apex_mock.core.prose.words import stem, stems

# For each theme: the words that call it; first lines (5), middle lines (7), last lines (5). Any three make a haiku.
THEMES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "nature": (
        "nature forest tree trees mountain river garden leaf leaves flower bird animal earth green plant",
        ("Moss on the old stone", "The pine stands alone", "Mist above the field", "A wren on the fence"),
        (
            "rain writes its name on the leaves",
            "the river keeps its own time",
            "one leaf turns over, then rests",
            "a path goes on without me",
        ),
        ("and the woods listen", "morning breathes again", "nothing needs a word", "the green light deepens"),
    ),
    "sea": (
        "sea ocean water wave waves beach ship sailor tide coast island fish lake",
        ("Salt wind on the pier", "The tide turns at dusk", "Grey gulls on grey stones", "A boat far from land"),
        (
            "each wave brings back the same stone",
            "the long swell lifts up the moon",
            "footprints fill slowly with light",
            "the lamp blinks once for the ships",
        ),
        ("then lets it all go", "and the sand is smooth", "no one calls it home", "the dark sea breathes in"),
    ),
    "code": (
        "code coding programming programmer software computer bug python developer computers internet ai "
        "machine data algorithm git test technology robot",
        ("Green light, all tests pass", "One comma too much", "The cursor still blinks", "Late night at the desk"),
        (
            "somewhere a small bug wakes up",
            "the stack trace unfolds like fog",
            "the fan hums a quiet tune",
            "I read my own words again",
        ),
        ("waiting for Monday", "and then it all runs", "I push, and I pray", "the coffee is cold"),
    ),
    "space": (
        "space star stars galaxy planet planets moon rocket astronaut cosmonaut universe mars sun sky cosmos orbit",
        ("Far past the last moon", "Old light, just arrived", "The Earth, small and blue", "No wind on this plain"),
        (
            "a lone probe still sends its name",
            "a star that died long ago",
            "turns in the dark like a thought",
            "dust holds one boot print for good",
        ),
        ("no one there to hear", "and the light goes on", "and the silence hums", "we look up and wait"),
    ),
    "love": (
        "love heart friend friendship family mother father wedding kiss romance marriage you together",
        ("Two cups, one window", "Your coat on the hook", "We walk without words", "A note in your hand"),
        (
            "the rain gives us one more hour",
            "the house knows when you come home",
            "the same old joke, the same laugh",
            "your shoulder warm against mine",
        ),
        ("I would not change it", "and the lamp stays on", "this is all I asked", "the years lean in close"),
    ),
    "city": (
        "city town street streets train traffic bus subway london paris tokyo berlin york work office market "
        "crowd urban",
        ("First tram of the day", "Neon on wet streets", "Ten floors up, a lamp", "The market wakes up"),
        (
            "faces lit by tiny screens",
            "a busker tunes his last string",
            "someone waters one small fern",
            "white steam climbs out of the drains",
        ),
        ("and the doors slide shut", "the crowd flows around", "the night bus sighs past", "no one looks, but I"),
    ),
    "spring": (
        "spring blossom cherry april may easter bees bee",
        ("Cherry petals fall", "The last snow lets go", "Mud on the small boots", "First bee of the year"),
        (
            "a child runs to catch just one",
            "the brook tells it to the stones",
            "the washing line fills with wind",
            "the plum tree hums to itself",
        ),
        ("and the hill turns green", "each bud holds its breath", "we open the doors", "the light stays for tea"),
    ),
    "summer": (
        "summer heat beach july august holiday vacation sunshine",
        ("Noon heat on the road", "Cicadas at dusk", "Barefoot on warm stone", "The hay has been cut"),
        (
            "the dog sleeps beneath the cart",
            "a door bangs somewhere, then none",
            "we share the last slice of plum",
            "the pond holds one perfect cloud",
        ),
        ("and no one hurries", "the long day leans back", "the night brings no cool", "a first star, unasked"),
    ),
    "autumn": (
        "autumn fall october november september harvest leaves",
        ("Smoke over the field", "The swing hangs quite still", "Wind among the oaks", "One pear on the bough"),
        (
            "geese draw a line to the south",
            "a red leaf lands on my sleeve",
            "the school bus takes the long bend",
            "the old man rakes it all twice",
        ),
        ("the evening comes soon", "and the year grows thin", "I button my coat", "then it starts again"),
    ),
    "winter": (
        "winter snow ice cold december january christmas frost",
        ("Snow on the mailbox", "The pond has gone still", "Breath hangs in the air", "Frost on the window"),
        (
            "a cat's prints lead to the door",
            "the moon looks for its own face",
            "the kettle sings to the cold",
            "one crow tells the empty field",
        ),
        ("and the fire sinks low", "white on white on white", "no news, and no need", "the dark comes at four"),
    ),
    "food": (
        "food bread cooking breakfast kitchen rice soup eat dinner cake",
        ("Bread on the table", "First cup of the day", "Soup on a slow flame", "The knife, the onion"),
        (
            "the crust gives its small, dry crack",
            "steam writes on the cold window",
            "grandmother hums as she stirs",
            "a pinch of salt, then one more",
        ),
        ("and the room is warm", "no one speaks as yet", "come and sit, she says", "we eat while it rains"),
    ),
    "cup": (
        "coffee tea espresso drink cup",
        ("First cup of the day", "Coffee on the stove", "Tea leaves in the pot", "Two hands round the cup"),
        (
            "steam writes on the cold window",
            "the spoon goes round and round once",
            "the whole house begins to hum",
            "outside, the street is still blue",
        ),
        ("no one speaks as yet", "and the dark lets go", "one sip, then the day", "morning finds its voice"),
    ),
    "general": (
        "",
        ("A thought, half awake", "The page is still white", "A door left ajar", "So much to be said"),
        (
            "it comes the way the rain comes",
            "a small word opens the day",
            "light falls on what we had missed",
            "one breath, and then one more breath",
        ),
        ("and then it is gone", "stay with it a while", "that is where it starts", "the rest is silence"),
    ),
}


_CUES = {name: frozenset(stem(w) for w in stems(cues)) for name, (cues, *_) in THEMES.items()}


def theme_of(text: str) -> str:
    """The theme that a text calls by its words, "general" when it calls none."""
    wanted = {stem(w) for w in stems(text)}
    counts = {name: len(wanted & cues) for name, cues in _CUES.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else "general"


def _sample(lines: tuple[str, ...], wanted: set[str], count: int, random: Random) -> list[str]:
    """Some of the lines, those first that name what was asked for."""
    drawn = random.sample(lines, len(lines))
    return sorted(drawn, key=lambda line: not wanted & set(stems(line)))[:count]


def haiku(ask: Ask, shelf: Library, random: Random) -> str:
    """As many haiku as were asked for, no line twice while there are lines left."""
    _, firsts, middles, lasts = THEMES[theme_of(ask.subject or ask.text)]
    count = min(max(1, ask.count), 4)
    wanted = set(stems(ask.subject))
    picked = zip(*(_sample(lines, wanted, count, random) for lines in (firsts, middles, lasts)), strict=True)
    return "\n\n".join("\n".join(lines) for lines in picked)
