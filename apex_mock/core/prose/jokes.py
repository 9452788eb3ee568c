"""Harmless jokes, found by topic."""

from random import Random

from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.library import Library
from apex_mock.core.prose.words import stem, stems

_JOKES = (
    (
        "programmer code coding software developer computer",
        ("Why did the programmer bring a ladder to work? The ticket said to move everything to a higher level."),
    ),
    ("python code snake programmer", "My Python script asked for a day off. I said no, so it raised an exception."),
    (
        "bug code test software developer",
        "I told my code to be itself. Now it only passes the tests that nobody wrote.",
    ),
    (
        "git version control branch developer",
        "Our relationship was like a long-lived branch: we meant well, but nobody dared to merge.",
    ),
    ("database sql table data", "Two database tables went to a dance and left early. Nobody would join them."),
    (
        "cache caching memory computer",
        "I have two problems left in life: cache invalidation, naming things, and counting.",
    ),
    (
        "http server web internet request",
        "I asked the server for a table by the window. It said: 404, try looking outside.",
    ),
    (
        "api rate limit request developer",
        ("My grandmother has a strict API: three questions a visit, and after that she says, “Too many requests.”"),
    ),
    (
        "ai model robot machine learning artificial intelligence",
        ("A language model walks into a bar. “What will it be?” asks the barman. “Statistically,” it says, “a beer.”"),
    ),
    (
        "neural network machine learning data ai",
        "My neural network went to the gym. It is overfitting into all its old trousers.",
    ),
    (
        "blockchain bitcoin crypto miner bittensor",
        "I told a blockchain joke at dinner. It took an hour until the whole table agreed that it was funny.",
    ),
    (
        "miner subnet validator bittensor",
        (
            "A miner tells a validator a joke. “I'd give it a seven,” says the validator, “but the others gave "
            "it a three, so it was a three.”"
        ),
    ),
    (
        "math mathematics number statistics",
        (
            "A statistician crossed a river that was one metre deep on average. He still talks about the other "
            "average, three metres down."
        ),
    ),
    (
        "math geometry triangle circle",
        ("Why was the circle never invited to debates? It had no point, and it kept coming round to the same thing."),
    ),
    (
        "physics atom particle quantum cat",
        "A physicist's cat has its own door. It is open, closed, and mostly being stared at.",
    ),
    (
        "physics gravity apple newton",
        "I tried to write a book about gravity, but I couldn't put it down, and when I did, it went quickly.",
    ),
    (
        "space astronaut moon cosmonaut rocket",
        "Why did the astronaut never finish his novel? Every time he looked away, the plot drifted off.",
    ),
    (
        "space planet sun star earth",
        ("Saturn was asked why it never settled down. “What do you mean?” it said. “I have had a ring for years.”"),
    ),
    (
        "cat cats pet animal",
        "My cat has started working from home. So far she has sat in on nine meetings and approved nothing.",
    ),
    ("dog dogs pet animal", "My dog has learned to fetch the newspaper. I only wish I had subscribed to one."),
    (
        "animal cow farm chicken",
        (
            "A chicken crossed the road with a map. She knew how to get to the other side, but she wanted to see "
            "the options."
        ),
    ),
    ("bee bees honey insect", "Why do bees dislike long meetings? Everything has already been said in the dance."),
    ("fish sea ocean water", "Two fish are in a tank. One says to the other, “I'll steer, you see to the bubbles.”"),
    (
        "food bread baker sourdough cooking kitchen",
        (
            "I have been feeding a sourdough starter for a year. It is the only one in the house that never "
            "complains about dinner."
        ),
    ),
    (
        "coffee tea breakfast morning drink",
        "I gave up coffee for a whole morning. It was the longest eleven minutes of my life.",
    ),
    (
        "cheese food restaurant waiter",
        "“Waiter, this soup is cold.” “Yes, sir. It was hot when you began to photograph it.”",
    ),
    (
        "doctor health medicine sleep",
        ("I asked my doctor how to sleep better. She told me. At four in the morning I understood what she meant."),
    ),
    (
        "teacher school student education",
        "“Name two pronouns,” said the teacher. “Who, me?” said the boy, and got full marks.",
    ),
    (
        "music musician piano guitar song",
        ("The orchestra's triangle player retired after forty years. He said it was just one ting after another."),
    ),
    ("work office boss meeting job", "Our meeting about shorter meetings has been extended to Friday."),
    (
        "money bank budget finance",
        "I made a budget last month. It was wonderful fiction, and the sequel is due on the first.",
    ),
    (
        "weather rain winter climate",
        ("The weather forecaster carried an umbrella every day. “It is not doubt,” he said, “it is error handling.”"),
    ),
    (
        "chess game sport",
        (
            "Why did the chess player order the soup and the salad? He likes to keep both sides under control "
            "before the main attack."
        ),
    ),
    ("travel holiday train plane airport", "I packed light for the trip. It turns out that one needs clothes as well."),
    ("history roman rome latin", "A Roman walks into a bar, holds up two fingers and says, “Five beers, please.”"),
    (
        "book library reading writer",
        "I started a book about anti-gravity paper. The library wants it back, but nobody can reach it.",
    ),
    (
        "tomato garden plant vegetable",
        "I talk to my plants every evening. The fern has begun to answer back, but only in general terms.",
    ),
)


_INDEXED = [(frozenset(stems(topics)), text) for topics, text in _JOKES]


def joke(ask: Ask, shelf: Library, random: Random) -> str:
    """As many jokes as were asked for, on the topic if there are any."""
    wanted = {stem(w) for w in stems(ask.subject or ask.text)}
    fitting = [text for topics, text in _INDEXED if wanted & topics]
    rest = [text for _, text in _JOKES if text not in fitting]
    random.shuffle(fitting)
    random.shuffle(rest)
    count = max(1, ask.count)
    chosen = (fitting + rest)[:count] if fitting else rest[:count]
    if count == 1 and not fitting and ask.subject and len(ask.subject.split()) <= 4:
        lead = random.choice(
            (
                "I know none about {x}, but this one always works",
                "Nothing about {x} comes to mind, but here is another one",
                "Not quite about {x}, but",
            )
        )
        return f"{lead.format(x=ask.subject)}: {chosen[0]}"
    if count == 1:
        return chosen[0]
    return "\n".join(f"{i}. {text}" for i, text in enumerate(chosen, 1))
