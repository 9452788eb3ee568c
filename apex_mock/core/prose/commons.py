"""Lists that everybody knows, and points that hold for many subjects where the corpus has no list."""

import re
from random import Random

from apex_mock.core.regex import regex

_KNOWN: tuple[tuple[str, str], ...] = (
    (r"programming languages?", "Python, JavaScript, Java, C, C++, Go, Rust, TypeScript, Ruby, Kotlin, Swift, PHP"),
    (r"(?:fruits?)", "apple, banana, orange, pear, grape, mango, strawberry, cherry, pineapple, peach, plum, kiwi"),
    (
        r"vegetables?",
        ("carrot, potato, tomato, onion, spinach, broccoli, pepper, cucumber, cabbage, leek, pumpkin, beetroot"),
    ),
    (r"(?:primary colou?rs)", "red, yellow, blue"),
    (r"colou?rs", "red, blue, green, yellow, orange, purple, pink, brown, black, white, grey, turquoise"),
    (
        r"(?:wild |farm |domestic |land )?animals?",
        "lion, elephant, horse, dog, cat, rabbit, bear, fox, whale, owl, tiger, deer",
    ),
    (r"mammals?", "elephant, whale, bat, dog, horse, human, bear, mouse, dolphin, rabbit, cow, lion"),
    (r"birds?", "robin, owl, eagle, sparrow, penguin, swan, crow, parrot, stork, falcon, gull, woodpecker"),
    (
        r"(?:european )?(?:countries in europe|european countries)",
        "France, Germany, Italy, Spain, Portugal, Poland, Sweden, Norway, Greece, Austria, Ireland, Finland",
    ),
    (r"countries", "France, Japan, Brazil, Kenya, Canada, India, Mexico, Egypt, Germany, Australia, Vietnam, Norway"),
    (
        r"(?:big |large |major )?cities(?: in the world)?",
        "Tokyo, Paris, Cairo, Lima, Nairobi, Istanbul, Toronto, Mumbai, Berlin, Sydney, Mexico City, Seoul",
    ),
    (r"continents?", "Africa, Antarctica, Asia, Europe, North America, Oceania, South America"),
    (r"(?:the )?days of the week", "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday"),
    (
        r"(?:the )?months(?: of the year)?",
        "January, February, March, April, May, June, July, August, September, October, November, December",
    ),
    (r"(?:the )?(?:four )?seasons", "spring, summer, autumn, winter"),
    (
        r"sports?",
        (
            "football, tennis, swimming, basketball, cycling, volleyball, rowing, judo, hockey, badminton, "
            "running, skiing"
        ),
    ),
    (
        r"(?:musical )?instruments?",
        "piano, violin, guitar, flute, trumpet, drums, cello, clarinet, harp, saxophone, accordion, oboe",
    ),
    (
        r"(?:common |popular )?(?:baby |first |male |female )?names",
        "Ada, Noah, Mira, Jonas, Clara, Luca, Amara, Emil, Ines, Theo, Nora, Ravi",
    ),
    (r"(?:dog|cat|pet) names", "Pepper, Biscuit, Luna, Otto, Hazel, Milo, Juniper, Bruno, Clover, Moss, Poppy, Fig"),
    (
        r"(?:classic |famous |great )?(?:novels|books)",
        (
            "Pride and Prejudice, Moby-Dick, Don Quixote, Frankenstein, Jane Eyre, War and Peace, Middlemarch, "
            "Dracula, Great Expectations, The Odyssey, Crime and Punishment, Little Women"
        ),
    ),
    (
        r"(?:famous |great )?(?:scientists|physicists)",
        (
            "Isaac Newton, Marie Curie, Albert Einstein, Charles Darwin, Galileo Galilei, Ada Lovelace, Niels "
            "Bohr, Rosalind Franklin, Louis Pasteur, Emmy Noether, Michael Faraday, Lise Meitner"
        ),
    ),
    (
        r"(?:chemical )?elements",
        "hydrogen, helium, carbon, nitrogen, oxygen, sodium, iron, copper, silver, gold, lead, uranium",
    ),
    (r"(?:web )?browsers", "Firefox, Chrome, Safari, Edge, Opera, Vivaldi, Brave"),
    (r"prime numbers", "2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37"),
    (r"even numbers", "2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24"),
    (r"odd numbers", "1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23"),
    (
        r"(?:healthy )?breakfast(?: ideas| foods)?",
        (
            "porridge with berries, yoghurt with nuts, wholegrain toast with avocado, scrambled eggs, muesli "
            "with fresh fruit, a banana with peanut butter"
        ),
    ),
    (
        r"hobbies",
        (
            "reading, gardening, drawing, hiking, photography, chess, cooking, knitting, birdwatching, playing "
            "an instrument, cycling, learning a language"
        ),
    ),
)
_IN_ORDER = regex(r"days|months|seasons|numbers|primary|continents", re.I)


def common(subject: str, random: Random, count: int) -> list[str]:
    """`count` members of a well-known set, or none when the subject is not one, or the set is too small."""
    bare = re.sub(
        r"^(?:(?:random|different|common|popular|well[- ]known|famous|examples? of|types? of|kinds? of|of the|"
        r"of|the)\s+)+",
        "",
        subject.strip(),
        flags=re.I,
    )
    for pattern, members in _KNOWN:
        if re.fullmatch(pattern, bare, re.I):
            known = members.split(", ")
            if len(known) < count and count <= 12 and not _IN_ORDER.search(pattern):
                return known if count == 12 else []
            if _IN_ORDER.search(pattern) or len(known) <= count:
                return [m[:1].upper() + m[1:] for m in known[:count]]
            kept = sorted(random.sample(range(len(known)), count))
            return [known[i][:1].upper() + known[i][1:] for i in kept]
    return []


VIEWS = (
    "**Where it comes from.** The origins of {x} explain much of what it is today.",
    "**How it is used.** Looking at {x} in practice shows more than any definition.",
    "**Who is involved.** The people behind {x}, and those it serves, see it differently.",
    "**What it costs.** Time, money and attention all belong in an honest account of {x}.",
    "**What makes it work.** There are usually one or two parts of {x} that everything else depends on.",
    "**Where its limits lie.** Knowing the limits of {x} saves many detours.",
    "**How it has changed.** Comparing {x} now with {x} some years ago makes the direction visible.",
    "**What beginners overlook.** The details of {x} that look unimportant at first often matter most.",
    "**How to judge it.** Decide beforehand by which signs you would call {x} a success.",
    "**What comes next.** It is worth asking where {x} may lead and who will shape it.",
    "**What to compare it with.** A good comparison puts {x} in proportion.",
    (
        "**Where to learn more.** A good introduction and one conversation with somebody experienced go a "
        "long way with {x}."
    ),
)
QUESTIONS = (
    "What was the hardest problem you have solved lately, and how did you go about it?",
    "Which decision would you take differently today?",
    "How do you find out that something is going wrong?",
    "What would you do in the first month, and what would you leave for later?",
    "How do you explain your work to somebody from another field?",
    "Which tool or habit could you not do without?",
    "When did you last change your mind, and what made you?",
    "How do you tell a good result from one that only looks good?",
    "What should people ask you more often?",
    "What would you like to have learned a year from now?",
)
REASONS = (
    "**It widens the view.** Whoever sets out to {x} sees familiar things from a new side.",
    "**It is easy to begin.** The first step to {x} is small, and every further one builds on it.",
    "**It brings people together.** Those who {x} soon find others who care about the same.",
    "**It trains patience.** Progress comes in small steps, and that is a skill of its own.",
    "**It pays off over time.** What looks like little at the beginning adds up over the months.",
    "**It makes you independent.** What you can do yourself, you need not ask others for.",
    "**It keeps the mind awake.** A task with a next step is the best remedy for routine.",
    "**It gives something to share.** What you have learned can be passed on to others.",
    "**It shows results.** There is something to point at in the end, and that is a pleasure.",
    "**It clears the head.** For the time it takes, other worries have to wait.",
    "**It can be fitted in.** A little at a time is enough, and it need not cost much.",
    "**It lasts.** What is gained in this way is not easily lost again.",
)
TIPS = (
    "**Start small.** A modest first goal is reached sooner and shows what the next one should be.",
    "**Set a fixed time.** What has its place in the week gets done; what has none is put off.",
    "**Write things down.** A short note after each attempt saves repeating the same mistake.",
    "**Ask somebody who knows.** Ten minutes with an experienced person can replace hours of trying.",
    "**Change one thing at a time.** Only then can you tell what made the difference.",
    "**Prepare the day before.** With everything laid out, beginning is half as hard.",
    "**Measure what matters.** Choose one sign of progress and look at it regularly.",
    "**Take breaks.** Attention comes back after a pause, and so do ideas.",
    "**Expect setbacks.** Decide now what you will do when something goes wrong.",
    "**Keep it simple.** Leave out whatever does not serve the goal.",
    "**Look at good examples.** See how others went about it, and copy what fits.",
    "**Finish properly.** The last tenth of the work decides how the whole is seen.",
)
IDEAS = (
    "**Begin with the people.** Ask those who will take part what they would enjoy, and build on one answer.",
    "**Use what is there.** A familiar place or an old object can become the centre of something new.",
    "**Turn it into a game.** A simple rule and a small prize change the mood at once.",
    "**Make it by hand.** Something home-made says more than something bought.",
    "**Tell a story.** Give the whole a beginning, a surprise and an end.",
    "**Go outside.** A change of place does half of the work.",
    "**Choose one colour, sound or taste.** A single theme holds many small things together.",
    "**Invite a guest.** Somebody from another field brings questions that nobody else would ask.",
    "**Look back.** Collect memories or pictures and let them lead to the next step.",
    "**Do the opposite.** Take what is usually done and turn it round once.",
    "**Keep a record.** Take notes or photographs, so that it can be shared afterwards.",
    "**Leave room.** Plan less than you could, and let chance do the rest.",
)
