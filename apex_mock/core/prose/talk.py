"""Small talk, and what was told before: what needs no corpus."""

import re
from random import Random

from apex_mock.core.prose.ask import Ask, Kind
from apex_mock.core.prose.memory import names_told, told
from apex_mock.core.prose.words import clip, join
from apex_mock.core.regex import regex

_SMALL = (
    (
        "GREETING",
        (
            r"(?:hi|hello|hey|hiya|yo|greetings|howdy|good (?:morning|afternoon|evening|day)|bonjour|hola|salut|"
            r"hallo|ciao|こんにちは)(?: there| again| everyone| apex| assistant| friend| world| bot)?"
        ),
    ),
    (
        "THANKS",
        (
            r"(?:(?:many |ok,? |great,? |perfect,? )?(?:thanks|thank you|thx|cheers|merci|gracias|danke)(?: so "
            r"much| very much| a lot| again| for (?:your|the) (?:help|answer))?|(?:that(?:'s| is|'s very| was) "
            r"(?:great|helpful|perfect|very helpful)))"
        ),
    ),
    (
        "FAREWELL",
        (
            r"(?:bye|goodbye|good ?bye|bye bye|see you(?: later| soon)?|good night|farewell|talk to you later|"
            r"have a (?:nice|good) day)"
        ),
    ),
    (
        "WELLBEING",
        (
            r"(?:(?:hi|hello|hey)[,! ]+)?(?:how are you(?: doing)?(?: today)?|how(?:'s| is) it going|what(?:'s| "
            r"is) up|how do you do|are you (?:ok|well|there))"
        ),
    ),
    (
        "IDENTITY",
        (
            r"(?:(?:hi|hello|hey)[,! ]+)?(?:who are you|what are you|what(?:'s| is) your name|what should i call "
            r"you|tell me about yourself|introduce yourself|are you (?:a |an )?(?:bot|robot|human|ai|real|real "
            r"person|person|llm|language model|chatgpt|gpt)|which model are you|what model are you|who (?:made|"
            r"created|built|trained) you)"
        ),
    ),
    (
        "ABILITY",
        (
            r"(?:what can you do(?: for me)?|how can you help(?: me)?|what are you able to do|help|help me|can "
            r"you help me|i need (?:your )?help|what are your capabilities)"
        ),
    ),
    (
        "RECALL",
        (
            r"(?:(?:and )?(?:do you (?:still )?(?:remember|know|recall) )?what(?:'s| is| was) my name|(?:do you "
            r"(?:still )?(?:remember|know|recall)|tell me|say) my name|who am i|do you (?:remember|know) (?:me|"
            r"who i am)|what did i say my name (?:was|is))"
        ),
    ),
    (
        "HISTORY",
        (
            r"(?:what (?:did i (?:just )?(?:say|ask|tell you)(?: you)?(?: (?:before|first|earlier|at first))?|was "
            r"my (?:first|last|previous) (?:question|message))|repeat my (?:first|last|previous) (?:question|"
            r"message)|what have we (?:talked|been talking) about|what were we talking about|summari[sz]e (?:our|"
            r"this) (?:conversation|chat)(?: so far)?)"
        ),
    ),
)
_SMALL_KINDS = [
    (
        name,
        regex(
            rf"^(?:please |so |and |ok(?:ay)?,? )?{pattern}(?:,? (?:please|today|again|apex|friend))?"
            r"[\s.!?,:;)😀-🙏]*$",
            re.I,
        ),
    )
    for name, pattern in _SMALL
]
_INTRODUCES = regex(
    r"^(?:(?:hi|hello|hey)[,!.]?(?: there)?[,!.]? )?(?:my name is|my name's|i am|i'm|call me|i'm called) "
    r"[^\W\d_][\w'’-]*(?: [A-Z][\w'’-]+){0,2}(?:,? (?:and )?(?:nice to meet you|i(?:'m| am| live| come| "
    r"like| love| work) [^?]{1,80}|[^?]{1,60}))?[.! ]*(?:nice to meet you[.!]?)?$",
    re.I,
)


def kind(flat: str) -> Kind | None:
    """Which kind of small talk a whole prompt is, if it is any."""
    if len(flat) > 200:
        return None
    if not re.search(r"\w", flat):
        return Kind.ABILITY if not flat else Kind.GREETING
    for name, pattern in _SMALL_KINDS:
        if pattern.match(flat):
            return Kind[name]
    if (
        "?" not in flat
        and len(flat.split()) < 12
        and re.match(r"(?:many |ok,? |great,? |perfect,? )?(?:thanks|thank you|thx)\b(?! to\b)", flat, re.I)
    ):
        return Kind.THANKS
    if "?" not in flat and _INTRODUCES.match(flat) and re.search(r"\bname|\bcall|i(?:'m| am) [A-Z]", flat):
        return Kind.INTRODUCTION
    return None


_NAMED = regex(r"\b(?:named|called|your name is|you are|you're|act as)\s+(?:an? )?\"?([A-Z][\w-]+(?: [A-Z][\w-]+)?)\"?")


def own_name(system: str) -> str:
    """The name that a system message gives the assistant, or ""."""
    match = _NAMED.search(system)
    return match[1] if match and match[1].lower() not in ("you", "a", "an", "the", "ai") else ""


def reply(ask: Ask, random: Random) -> str:
    """The answer to small talk."""
    user = names_told(ask.messages)
    to = f", {user}" if user else ""
    me = own_name(ask.system)
    match ask.kind:
        case Kind.GREETING:
            hello = random.choice(("Hello", "Hi", "Hello there", "Hi there"))
            offer = random.choice(
                (
                    "What can I help you with today?",
                    "How can I help you today?",
                    "What would you like to talk about?",
                    "What is on your mind?",
                )
            )
            return f"{hello}{to}! " + (f"I'm {me}. " if me else "") + offer
        case Kind.THANKS:
            return (
                random.choice(
                    (f"You're welcome{to}!", f"My pleasure{to}!", f"Glad I could help{to}!", f"Any time{to}!")
                )
                + " "
                + random.choice(
                    (
                        "Let me know if there is anything else you would like to know.",
                        "Feel free to ask if another question comes up.",
                        "If you want to go deeper into any part of it, just say so.",
                    )
                )
            )
        case Kind.FAREWELL:
            return (
                random.choice((f"Goodbye{to}!", f"See you{to}!", f"Take care{to}!"))
                + " "
                + random.choice(
                    (
                        "It was good talking with you.",
                        "Come back whenever you have another question.",
                        "Have a good day.",
                    )
                )
            )
        case Kind.WELLBEING:
            return (
                random.choice(
                    ("I'm doing well, thank you for asking!", "All is well here, thanks!", "Very well, thank you!")
                )
                + " "
                + random.choice(
                    (f"How are you{to}?", "What would you like to talk about?", "What can I do for you today?")
                )
            )
        case Kind.IDENTITY:
            if me:
                return (
                    random.choice((f"My name is {me}.", f"I'm {me}."))
                    + " "
                    + random.choice(
                        (
                            "I'm here to answer your questions and help with writing, code and research.",
                            "Ask me anything, and I'll do my best to help.",
                        )
                    )
                )
            return (
                random.choice(
                    (
                        "I'm an AI assistant served by the miners of the Apex subnet on Bittensor.",
                        "I'm an AI language model that answers through Apex, subnet 1 of Bittensor.",
                    )
                )
                + " "
                + random.choice(
                    (
                        "I can answer questions, explain ideas, write code and help you put words on a page.",
                        "You can ask me to explain, compare, summarise, write or code.",
                    )
                )
            )
        case Kind.ABILITY:
            return (
                random.choice(
                    (
                        "I can help with quite a few things",
                        "Happy to help! Here is what I do well",
                        "There is a lot we can do together",
                    )
                )
                + (
                    ": answering questions, explaining how things work, comparing options, writing stories, poems and "
                    "code, summarising a text, and giving answers as JSON, bullet points or tables. "
                )
                + random.choice(("Tell me what you need, and we can start.", "What would you like to begin with?"))
            )
        case Kind.INTRODUCTION:
            hello = random.choice(
                (
                    f"Nice to meet you, {user}!",
                    f"Hello {user}, it's a pleasure to meet you!",
                    f"Hi {user}! Good to meet you.",
                )
            )
            return (
                f"{hello} "
                + (f"I'm {me}. " if me else "")
                + random.choice(
                    ("How can I help you today?", "What would you like to talk about?", "What can I do for you?")
                )
            )
        case Kind.RECALL:
            if found := told(ask.messages, ask.text):
                return random.choice(
                    (f"Your {found[0]} is {found[1]}.", f"You told me that your {found[0]} is {found[1]}.")
                )
            if user:
                return random.choice(
                    (
                        f"Your name is {user}.",
                        f"You told me that your name is {user}.",
                        f"Your name is {user}, as you said earlier.",
                    )
                )
            return random.choice(
                (
                    "You haven't told me your name yet. What should I call you?",
                    "You have not mentioned your name so far. What is it?",
                )
            )
        case _:
            return _history(ask, random)


def _history(ask: Ask, random: Random) -> str:
    said = [" ".join(m.content.split()) for m in ask.messages if m.role == "user"][:-1]
    if not said:
        return random.choice(
            (
                "This is the beginning of our conversation, so there is nothing before your last message.",
                "Nothing yet: this is your first message in our conversation.",
            )
        )
    if re.search(r"\bfirst\b", ask.text, re.I):
        return f'Your first message was: "{clip(said[0], 300)}"'
    if re.search(r"\b(?:conversation|chat|talk)", ask.text, re.I):
        topics = [f'"{clip(text, 80)}"' for text in said[-4:]]
        return f"So far you have brought up {join(topics)}. " + random.choice(
            ("Shall we go on from there?", "Which of these would you like to take further?")
        )
    return f'You said: "{clip(said[-1], 300)}"'
