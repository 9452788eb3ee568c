"""Words and sentences: what a text is made of when its meaning counts and its form does not.

A *stem* is a word without its ending, and one of several words that mean nearly the same ("wrote", "author": "write"),
so that a question and its answer meet in the index though they use different forms.
"""

import re
import unicodedata
from functools import lru_cache

from apex_mock.core.corpus import STOPWORDS

WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)?")
CJK = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_CJK_RUN = re.compile(r"[\u30a0-\u30ff]+|[\u4e00-\u9fff]+")
_BOUNDARY = re.compile(
    r"(?<=[.!?…])(?<!\b[A-Z]\.)(?<!\b[a-z]\.[a-z]\.)(?<!\b[A-Z][a-z]\.)(?<!\bMrs\.)(?<!\bc\.)"
    r"[\"”’)»]*\s+(?=[\"“(«¿¡*_`\d]*[A-ZÀ-ÞΑ-ΩА-Я0-9])|(?<=[。！？])"
)
_MARKUP = re.compile(
    r"\*\*(\S(?:.*?\S)?)\*\*|(?<![\w*])\*(\S(?:[^*]*?\S)?)\*(?![\w*])|(?<![\w_])_(\S(?:[^_]*?\S)?)"
    r"_(?![\w_])|\[([^\]]*)\]\([^)]*\)",
    re.DOTALL,
)

# The first word of a line stands for the others.
_SAME = """
write wrote written author writer authored
begin began begun start started starts starting beginning
build built construct constructed construction builder
invent invented inventor invention introduced
discover discovered discovery discoverer
paint painted painter painting paintings
founded founder establish established
make made making makes
person people human humans persons
large larger largest big bigger biggest size
high higher highest tall taller tallest height
long longer longest length
deep deeper deepest depth
fast faster fastest speed velocity
small smaller smallest tiny
far farther
die died death dies dead
born birth
win won winner
speak spoke spoken spoken
sell sold selling
lead led leading
fall fell fallen
grow grew grown
know knew known
eat ate eaten
drink drank drunk
fly flew flown flight
take took taken
give gave given
find finding finds
lay laid lies lie
cause caused causes
create created creator creation
color colour colours colors
gasoline petrol
maths math mathematics
language languages tongue
kind kinds type types sort sorts
benefit benefits advantage advantages pro pros
drawback drawbacks disadvantage disadvantages con cons
differ difference differences different
cook cooked cooking
use used uses using
call called named calls
chop chopping cut dice
happen happened occur occurred occurs
mean means meaning
travel travelled traveled travelling
decentralised decentralized decentralisation decentralization
centralised centralized
"""
_CANON = {word: line.split()[0] for line in _SAME.strip().splitlines() for word in line.split()}

# Words that say how something is asked, not about what.
ASKING = STOPWORDS | frozenset(
    """what's whats who's where's how's it's i'm i'd i've don't can't let's many much long? lot lots kindly
    explain tell describe define definition give show write say question answer answers reply respond
    sentence sentences word words briefly brief short shortly detail details detailed simple simply
    terms exactly please thanks thank hello hi hey know want need help mean means meant called call
    named name names really actually thing things something anything today currently current quick
    quickly okay ok yes no two three four five six seven eight nine ten one good best main important
    interesting example examples list bullet points use used using work works happen happened happens
    make made get got go come came does doing way ways kind kinds different difference differences
    between versus vs compare comparison better well like also information info about learn overview
    pros cons advantages disadvantages benefits drawbacks strengths weaknesses
    introduction summary fact facts us we they've there's again ever still however every each""".split()
)


def fold(text: str) -> str:
    """Lower case without accents, so that "Métro" is "metro"."""
    text = text.casefold()
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


LONGEST_WORD = 64  # letters of one whose stem is kept


def stem(word: str) -> str:
    """The stem of one folded word."""
    return _stem(word) if len(word) <= LONGEST_WORD else _stem.__wrapped__(word)


@lru_cache(maxsize=1 << 15)
def _stem(word: str) -> str:
    if word[-2:] in ("'s", "’s"):
        word = word[:-2]
    elif len(word) > 3 and word[1] in "'’":  # l'Espagne
        word = word[2:]
    if word in _CANON:
        return _CANON[word]
    if len(word) > 4 and word.isascii():
        if word.endswith("ies"):
            word = word[:-3] + "y"
        elif word.endswith("s") and word[-2] not in "sui":
            word = word[:-1]
        if word.endswith("ing") and len(word) > 6:
            word = word[:-3]
        elif word.endswith("ed") and len(word) > 5:
            word = word[:-2]
        if word[-1] == word[-2] and word[-1] in "bdgmnprt":
            word = word[:-1]
        word = word.rstrip("e") or word
    elif len(word) == 4 and word.endswith("s") and word[-2] not in "sui":
        word = word[:-1]
    return _CANON.get(word, word)


def stems(text: str) -> list[str]:
    """The stems of every word, in order; of Chinese and Japanese, pairs of characters."""
    folded = fold(text)
    found = [stem(word) for word in WORD.findall(folded) if not CJK.match(word)]
    if not folded.isascii() and CJK.search(folded):
        for run in _CJK_RUN.findall(text):
            found += [run[i : i + 2] for i in range(max(1, len(run) - 1))]
    return found


def telling(text: str) -> list[str]:
    """The stems of the words that say what a text is about, each once, in order."""
    return list(_telling(text) if len(text) < 400 else _telling.__wrapped__(text))


@lru_cache(maxsize=8192)
def _telling(text: str) -> tuple[str, ...]:
    folded = fold(text)
    found = [stem(word) for word in WORD.findall(folded) if word not in ASKING and not CJK.match(word)]
    if not folded.isascii() and CJK.search(folded):
        found += [s for s in stems(text) if CJK.match(s)]
    return tuple(dict.fromkeys(found))


def content(text: str) -> list[str]:
    """The stems of all words but the small ones: a name in full, "proof of work"."""
    found = [stem(word) for word in WORD.findall(fold(text)) if word not in STOPWORDS and not CJK.match(word)]
    return list(dict.fromkeys(found))


def plain(text: str) -> str:
    """Markdown without its emphasis and links, on one line."""
    return " ".join(_MARKUP.sub(lambda m: m[1] or m[2] or m[3] or m[4] or "", text).replace("`", "").split())


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph, trimmed."""
    return [part.strip() for part in _BOUNDARY.split(text) if part and part.strip()]


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a word."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    return text[:limit].rsplit(" ", 1)[0].rstrip(" ,;:.-") or text[:limit]


def upper_first(text: str) -> str:
    """With a capital letter at the beginning, unless the word has its capital further on, as gRPC has."""
    return text if text[1:2].isupper() else text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """With a small first letter, unless the first word is a name or an acronym as far as one can see."""
    first = text.split(" ", 1)[0]
    if first in _OPENERS:
        return text[:1].lower() + text[1:]
    return text


_OPENERS = frozenset(
    """A An The In On At To For From By Of With Most Many Some All Both Each Every Although Though While
    When Where If Because Since As It Its This That These Those They There Their Another Before After
    During Without About Around More Less Too Lack One Two Three Four Five Six""".split()
)


def join(items: list[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def count_words(text: str) -> int:
    return len(text.split())


def closed(text: str) -> str:
    """Ends as a sentence ends."""
    text = text.rstrip()
    return text if text[-1:] in '.!?…。！？"”)`:' else text.rstrip(",;:-") + "."
