"""Whether a prompt needs research at all. A greeting, a story or a well-known fact gets its direct answer."""

import re
from collections.abc import Sequence

from apex_mock.core.prose.ask import Kind
from apex_mock.core.prose.followup import understand
from apex_mock.core.regex import regex
from apex_mock.core.types import Message

LONG = 28  # words from which on a question is taken to want more than a fact

_WORK = regex(
    r"\b(?:compar(?:e|ing|ison)|contrast|analy[sz](?:e|is|ing)|implications?|consequences|evaluat(?:e|ion)|"
    r"assess(?:ment)?|investigat\w+|"
    r"research(?!er\b)|propose|trade-?offs?|pros and cons|advantages and disadvantages|examine|critically|"
    r"in[- ]depth|deep dive|"
    r"state[- ]of[- ]the[- ]art|literature|survey the|impacts?|review of|report on|relationship between|"
    r"critique|strategy|trace the|"
    r"advancements?|advances|causes of|role of|future of|history of|explore|discuss|design an?|outline|policy|"
    r"policies)\b",
    re.I,
)
_HELLO = regex(
    r"^\W*(?:hi|hello|hey|greetings|good (?:morning|afternoon|evening|day)|yo|hiya|howdy|thanks|thank you|"
    r"cheers)\b[^\w?]*(?:there|everyone|all|so much|a lot|very much|again)?\W*",
    re.I,
)
_TALK = regex(
    r"^\W*(?:how are you|how's it going|how do you do|what's up|who are you|what are you|what can you do|what "
    r"is your name|what's your name|nice to meet you|"
    r"goodbye|bye|see you|are you (?:an? )?(?:ai|robot|human|bot|there)|can you help me)\b[^.?!]{0,30}\W*$",
    re.I,
)
_CREATIVE = regex(
    r"^\W*(?:(?:please|can you|could you|would you|i want you to|i'd like you to|now)[, ]+)*(?:write|tell|"
    r"compose|give|make|create|sing|invent|"
    r"generate|recite|make up|know)\b[^.?!\n]{0,40}\b(?:story|tale|fable|poem|haiku|jokes?|song|limerick|"
    r"sonnet|riddle|rhyme|pun|verse|lullaby)\b|"
    r"^\W*(?:an? )?(?:short |funny |bedtime )?(?:story|poem|haiku|joke|limerick|riddle|song)(?: (?:about|on|"
    r"for|please)\b.*)?\W*$",
    re.I,
)
_FACT = regex(
    r"^\W*(?:(?:please|can you tell me|could you tell me|do you know|tell me|quick question)[:, ]+)*"
    r"(?:who|whom|whose|when|where|in (?:what|which) (?:year|country|city|century|month)|"
    r"which (?:year|country|city|planet|river|element|team|animal|language|ocean|continent|state|mountain|gas|"
    r"metal|person|president|king)|"
    r"what (?:year|colou?r|day|time|number|language|currency|country|city)|how (?:many|much|tall|high|far|old|"
    r"long|big|deep|fast|large|heavy|hot|cold)\b|"
    r"what(?:'s|’s| is| are| was| were)|what does \w+ (?:stand for|mean)|name (?:the|a|an)|define|is|are|was|"
    r"were|does|do|did)\b",
    re.I,
)
_OPEN = regex(
    r"\b(?:how|why|best|better|worse|should|differ\w*|effects?|benefits?|risks?|challenges?|reasons?|causes?|"
    r"ways|methods|strateg\w+|approaches|roles?|"
    r"mechanisms?|limits|limitations|trends?|prospects|evidence|and (?:how|why|what|which)|versus|vs|latest|"
    r"recent|current(?:ly)?|state of|"
    r"depend\w*|debate|argument\w*|options|lessons|drawbacks|advantages|disadvantages|factors|significance|"
    r"importance|main|key|most (?:important|effective)|than|harmful|harm|safe|dangerous|healthy|worth|possible|"
    r"effective|sustainable|ethical|useful|good for|bad for|warum|wieso|gegen|pourquoi|comment|por qué|cómo)\b",
    re.I,
)
_DIRECT = frozenset(
    {
        Kind.ECHO,
        Kind.GREETING,
        Kind.THANKS,
        Kind.FAREWELL,
        Kind.WELLBEING,
        Kind.IDENTITY,
        Kind.ABILITY,
        Kind.INTRODUCTION,
        Kind.RECALL,
        Kind.HISTORY,
        Kind.ARITHMETIC,
        Kind.JOKE,
        Kind.HAIKU,
        Kind.POEM,
        Kind.STORY,
        Kind.CODE,
        Kind.EXPLAIN_CODE,
        Kind.TRANSLATION,
        Kind.CLASSIFY,
        Kind.REWRITE,
        Kind.EXTRACT,
        Kind.CONTINUE,
    }
)


def needs_research(messages: Sequence[Message]) -> bool:
    """Not for small talk, creative writing, work on a given text, code, sums and well-known facts."""
    prompt = question_of(messages)
    if _CREATIVE.search(prompt) or not re.search(r"\w", prompt):
        return False
    rest = _HELLO.sub("", prompt, count=1)
    if not re.search(r"\w", rest) or _TALK.match(rest):
        return False
    ask = understand(messages)
    if ask.kind in _DIRECT and not (
        _WORK.search(rest) and ask.kind in (Kind.CODE, Kind.HISTORY, Kind.STORY, Kind.POEM)
    ):
        return False
    if ask.kind in (Kind.READING, Kind.SUMMARY) and len(ask.source.split()) >= 8:
        return False
    words = len(rest.split())
    if words >= LONG or _WORK.search(rest):
        return True
    return not (_FACT.match(rest) and words <= 14 and not _OPEN.search(re.sub(r"^\W*how \w+", "", rest, flags=re.I)))


def question_of(messages: Sequence[Message]) -> str:
    """The last thing the user said; a follow-up is made whole by what was said before."""
    said = [m.content for m in messages if m.role == "user"] or [messages[-1].content]
    if len(said) > 1 and len(said[-1].split()) <= 14:
        whole = understand(messages).text
        if whole.strip():
            return whole
    return said[-1]
