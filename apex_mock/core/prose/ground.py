"""Grounded sentences: what the corpus says about the subject of a request, and whether it says it at all."""

import re
from collections.abc import Sequence
from random import Random

from apex_mock.core.corpus import Page
from apex_mock.core.kept import kept
from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.library import Hit, Library, Line, language
from apex_mock.core.prose.words import ASKING, WORD, content, fold, stem, stems, telling
from apex_mock.core.regex import regex

ENOUGH = 0.74  # the share of a question's weight that a sentence must hold to be its answer

_YEAR = regex(
    r"\b(?:1[0-9]{3}|20[0-9]{2}|\d{1,3} (?:BCE?|CE|AD))\b|\b(?:January|February|March|April|May|June|July|August|"
    r"September|October|November|December)\b|\bcentur(?:y|ies)\b|\b\d{3,4}\b"
)
_FIGURE = regex(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|"
    r"hundred|thousand|million|billion)\b"
)
_REASON = regex(
    r"\b(?:because|since|so that|therefore|due to|caused by|as a result|in order to|reason|which is why|owing to)\b",
    re.I,
)
_NAMES = regex(r"(?<![.!?] )(?<!^)\b[A-Z][\w'’-]+")
_WIDEST = frozenset(("world", "earth"))
_MONTHS = frozenset(
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "Earth",
        "World",
    ]
)
_TURNS = {
    stem(w)
    for w in [
        "second",
        "third",
        "fourth",
        "not",
        "former",
        "smallest",
        "except",
        "outside",
        "driest",
        "planned",
        "second-highest",
        "mainland",
        "hot",
    ]
}
_PHRASES = (
    (regex(r"\b(?:u\.?s\.?a\.?|u\.s\.|the states)(?!\w)|\bamerica(?=[?.! ]*$)", re.I), "United States"),
    (regex(r"\bu\.?k\.?(?!\w)|\bgreat britain\b|\bengland(?=[?.! ]*$)", re.I), "United Kingdom"),
    (regex(r"\b(?:ww2|wwii|second world war|world war (?:2|two))\b", re.I), "World War II"),
    (regex(r"\b(?:ww1|wwi|first world war|world war (?:1|one))\b", re.I), "World War I"),
    (regex(r"\bllms?\b", re.I), "large language model"),
    (regex(r"\brag\b", re.I), "retrieval-augmented generation"),
    (regex(r"\bevs?\b", re.I), "electric cars"),
    (regex(r"\bthe wall in berlin\b", re.I), "Berlin Wall"),
    (regex(r"\b(?:holland)\b", re.I), "Netherlands"),
    (regex(r"\bczech republic\b", re.I), "Czechia"),
    (regex(r"\bsouth pole\b", re.I), "Antarctica"),
)  # fmt: skip
# Words of other languages that questions about the corpus use; what they stand for in it.
_ABROAD = dict(
    pair.split("=")
    for pair in """capitale=capital capital=capital hauptstadt=capital espagne=spain espana=spain allemagne=germany
    deutschland=germany alemania=germany frankreich=france francia=france italie=italy italia=italy
    italien=italy angleterre=kingdom portugal=portugal japon=japan suisse=switzerland
    schweiz=switzerland grece=greece autriche=austria osterreich=austria spanien=spain etats=states
    unis=united estados=states unidos=united russie=russia rusia=russia russland=russia chine=china
    ville=city ciudad=city stadt=city montagne=mountain montana=mountain berg=mountain haute=high
    alta=high hochste=high fleuve=river rio=river fluss=river monde=world mundo=world welt=world
    photosynthese=photosynthesis fotosintesis=photosynthesis gravite=gravity gravedad=gravity soleil=sun
    sol=sun sonne=sun lune=moon luna=moon mond=moon terre=earth tierra=earth erde=earth coeur=heart
    corazon=heart herz=heart sommeil=sleep sueno=sleep schlaf=sleep pain=bread pan=bread brot=bread
    cafe=coffee kaffee=coffee the=tea guerre=war guerra=war krieg=war inflation=inflation
    inflacion=inflation vaccin=vaccine vacuna=vaccine impfstoff=vaccine mer=sea mar=sea meer=sea
    ocean=ocean oceano=ocean desert=desert desierto=desert""".split()
)  # fmt: skip


_FOREIGN = frozenset(
    stem(w)
    for w in """quelle quel quels est la le los las der die das ist el es un une der quelles cuál cual cuales welche
    welcher welches dans pour avec comment pourquoi est-ce donde cuando warum nicht eine""".split()
)


@kept(4096, longest=2048)
def expand(text: str) -> str:
    """With the short names of things in full, as the corpus has them."""
    for pattern, full in _PHRASES:
        text = pattern.sub(full, text)
    return text


def abroad(wanted: Sequence[str], text: str) -> list[str]:
    """The English words for a question in French, Spanish or German."""
    found = [_ABROAD.get(re.sub(r"^\w['’]", "", word)) for word in WORD.findall(fold(text))]
    english = [stem(word) for word in found if word]
    return english if len(english) >= max(1, len([w for w in wanted if len(w) > 3]) * 0.5) else []


def answers(ask: Ask, shelf: Library) -> list[Hit]:
    """The lines that answer a direct question, best first; none when the corpus does not hold the answer."""
    text = expand(ask.text)
    wanted = telling(text) or list(ask.wanted)
    spoken = ask.spoken
    found = _fitting(text, wanted, spoken, shelf)
    if spoken != "en" and not any(hit.cover >= 1 for hit in found):
        english = abroad(wanted, text)
        found = (_fitting(" ".join(english), english, "en", shelf) if english else []) or found
    return found


def _fitting(text: str, wanted: list[str], spoken: str, shelf: Library) -> list[Hit]:
    if spoken in ("fr", "es", "de"):
        wanted = [w for w in wanted if len(w) > 3 and w not in _FOREIGN] or wanted
    must = _must(text, shelf)
    kind, measured = _expects(text)
    if measured:
        wanted = [w for w in wanted if w not in _DEGREES] or wanted
    match = re.search(r"\bhow many (?:\w+ )?(\w+)", text, re.I)
    counted = [s for s in stems(match[0])[2:] if s not in _SMALL] if match else []
    opening = _defining(text)
    if opening and spoken != "en":
        wanted = opening
    superlative = bool(re.search(r"\b(?:\w{3,}est|most|first)\b", text))
    fits = []
    home = {page.url: share for page, share in shelf.pages_about(wanted, spoken)[:2] if share > 0.8} if opening else {}
    for hit in shelf.find(wanted, spoken, 80):
        line = hit.line
        if hit.cover + 0.06 < ENOUGH:
            continue
        about = shelf.page_stems[line.page.url]
        if any(word not in line.stems and (line.fact or word not in about) for word in must):
            continue
        cover = hit.cover
        score = hit.score
        if kind and kind.search(line.text):
            score *= 1.18
            cover += 0.05
        elif measured:
            continue
        elif kind is not None:
            score *= 0.8
            cover -= 0.08
        if counted and not _counts(line.text, counted):
            continue
        extra = line.stems & _TURNS - set(wanted)
        score -= 1.6 * len(extra)
        if opening and set(opening) == set(line.lead[: len(opening)]) and len(line.lead) <= len(opening) + 1:
            exact = len(line.lead) == len(opening)
            score += (
                (5.0 if line.defines and " example of " not in line.text else 2.0)
                if exact
                else 2.0
                if len(opening) > 1
                else 0.5
            )
        elif opening and (not set(opening) <= line.stems or (len(opening) == 1 and not home.get(line.page.url))):
            continue  # "What is X?" wants to hear of X itself
        elif opening and set(opening) <= set(line.lead):
            score += 2.0
        elif opening and line.defines:
            score += 1.5
        elif line.lead and set(line.lead) <= set(wanted):
            score += 1.2
        if superlative and line.stems & _WIDEST:
            score += 2.0
        score += 1.5 * home.get(line.page.url, 0)
        if not line.alone:
            score -= 2.5
        if cover >= ENOUGH:
            fits.append(Hit(line, score, cover))
    fits.sort(key=lambda hit: (-hit.score, hit.line.place))
    return fits


def _must(text: str, shelf: Library) -> list[str]:
    """The stems that an answer has to hold: the names in a question, and words that nobody has heard of."""
    words = text.split()
    shouting = sum(w[:1].isupper() for w in words) > max(2, 0.6 * len(words))
    must = []
    if not shouting:
        for name in _NAMES.findall(text):
            if fold(name) not in ASKING:
                must += [s for s in stems(name) if s not in ASKING]
    if language(text) != "en":
        return list(dict.fromkeys(must))
    must += [w for w in telling(text) if not shelf.knows(w) and len(w) > 3]
    if match := re.search(r"\b(?:of|in)\s+(?:the\s+)?([^\W\d_]+(?: [^\W\d_]+)?)[?.! ]*$", text):
        must += telling(match[1])
    return list(dict.fromkeys(must))


_DEGREES = frozenset(
    stem(w)
    for w in """far tall high long big large fast
    deep heavy old hot cold wide take takes""".split()
)
_LENGTH = regex(
    r"\d[\d,.]*\s*(?:k?m|km²|cm|mm|kilomet|met(?:re|er)|mile|feet|light-year|astronomical|million kilo)|"
    r"kilometres|light-years|metres",
    re.I,
)
_TIME = regex(r"\b(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|centur)", re.I)
_UNITS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (r"\bhow (?:far|tall|high|deep|wide)\b", _LENGTH),
    (r"\bhow long (?:does|do|did|will|has|have)\b", _TIME),
    (r"\bhow long\b", regex(f"{_LENGTH.pattern}|{_TIME.pattern}", re.I)),
    (r"\bhow fast\b", regex(r"per (?:second|hour|minute)|km/h|m/s|speed", re.I)),
    (r"\bhow (?:heavy|much does \w+ weigh)\b", regex(r"kilogram|\bkg\b|tonnes?|grams?|mass", re.I)),
    (r"\bhow (?:hot|cold)\b", regex(r"°|degrees|kelvin", re.I)),
    (r"\bhow old\b", regex(r"\byears?\b|\b\d{4}\b|\bborn\b", re.I)),
    (r"\bhow (?:big|large)\b", regex(r"\d")),
    (r"\bhow many\b", _FIGURE),
)  # fmt: skip


def _counts(text: str, counted: list[str]) -> bool:
    """Whether a number stands just before what is counted: "86 billion neurons"."""
    words = WORD.findall(text.replace(",", ""))
    places = [i for i, w in enumerate(words) if stem(fold(w)) == counted[-1]]
    return any(_FIGURE.search(" ".join(words[max(0, i - 4) : i])) for i in places)


def _expects(text: str) -> tuple[re.Pattern[str] | None, bool]:
    """What an answer should hold, and whether it is none without."""
    head = text.lower()[:200]
    for cue, units in _UNITS:
        if re.search(cue, head):
            return units, True
    if re.search(r"\bwhen\b|\b(?:what|which|in what|in which) (?:year|date|century|day)\b|\bhow long ago\b", head):
        return _YEAR, False
    if re.search(
        r"\bhow (?:much|often)\b|\b(?:number|population|percent\w*|speed|distance|height|length|temperature|"
        r"mass|size) of\b",
        head,
    ):
        return _FIGURE, False
    if re.search(r"\bwhy\b", head):
        return _REASON, False
    if re.search(r"\bwho\b", head):
        return regex(r"[A-Z]"), False
    return None, False


_WHAT_IS = regex(
    r"^(?:so |and |but )?[¿¡]?(?:(?:what|who)(?:'s|’s| is| are| was| were| does)|qué (?:es|son)|was "
    r"(?:ist|sind)|qu['’]est-ce (?:que|qu['’])|que (?:es|son))\s*"
    r"(?:an? |the |une? |la |le |les |el |los |las |una |ein |eine |der |die |das )?(?P<x>[^?.!]+?)(?: "
    r"mean| stand for)?[\s?.!]*$",
    re.I,
)


def _defining(text: str) -> list[str]:
    """X, in "What is X?"."""
    match = _WHAT_IS.match(text)
    return content(match["x"]) if match else []


def distinct(lines: Sequence[Line], taken: Sequence[Line] = (), share: float = 0.62) -> list[Line]:
    """The lines that do not repeat one another, nor what was taken before."""
    kept: list[Line] = []
    for line in lines:
        if all(overlap(line.stems, other.stems) < share for other in [*taken, *kept]):
            kept.append(line)
    return kept


def overlap(a: frozenset[str], b: frozenset[str]) -> float:
    """How much of the shorter one's words the longer one holds."""
    a, b = a - _SMALL, b - _SMALL
    return len(a & b) / max(1, min(len(a), len(b)))


_SMALL = frozenset(stem(w) for w in ASKING)


def support(first: Line, ask: Ask, shelf: Library, random: Random, count: int) -> list[Line]:
    """True sentences that go on from an answer: about what was asked for, or about what the answer named."""
    if count < 1:
        return []
    wanted = [w for w in telling(expand(ask.text)) if w in first.stems]
    asked = [s for s in _named(ask.text) if s in first.stems and shelf.knows(s)]
    named = [*asked, *(s for s in _named(first.text) if shelf.weight(s) > 4.5 and s not in asked)]
    core = set(named) or set(first.lead) or set(wanted)
    pool: dict[str, tuple[float, Line]] = {}
    pages = [
        first.page,
        *(page for page, share in shelf.pages_about(named or wanted, first.language)[:2] if share > 0.8),
    ]
    for rank, page in enumerate(dict.fromkeys(pages)):
        for line in shelf.facts(page, first.language):
            if line.language != first.language:
                continue
            shared = core & line.stems
            if line.text == first.text or not shared or (named and not set(line.lead or [*line.stems]) & core):
                continue
            near = overlap(line.stems, first.stems)
            if (first.page is not page or not named) and not (named and core & set(line.lead)) and len(shared) < 2:
                continue
            if not named and first.page is not page:
                continue
            if near < 0.6 and not _rival(line, first):
                score = len(shared) + 0.5 * len(set(wanted) & line.stems) - 0.3 * rank + 0.2 * bool(line.lead)
                pool.setdefault(line.text, (score, line))
    best = sorted(pool.values(), key=lambda entry: -entry[0])[: count + 2]
    if len(best) > count:
        kept = set(random.sample(range(len(best)), count))
        best = [entry for i, entry in enumerate(best) if i in kept]
    return distinct([line for _, line in best], [first])[:count]


def _rival(line: Line, first: Line) -> bool:
    """Whether a line says the same thing of another subject: "The capital of Germany is ..."."""
    return len(first.lead) > 1 and len(line.lead) > 1 and line.lead[0] == first.lead[0] and line.lead != first.lead


def _named(text: str) -> list[str]:
    """The stems of the names in a sentence, that at its beginning included."""
    names = _NAMES.findall(text)
    if match := re.match(r"^([A-Z][\w'’-]+)(?= [A-Z])", text):
        names.append(match[1])
    return [s for name in names if name not in _MONTHS for s in stems(name) if s not in _SMALL]


def topic(ask: Ask, shelf: Library, enough: float = 0.6) -> Page | None:
    """The page that is about the subject, if there is one: one of its topics, or its title, has to say so."""
    subject = expand(ask.subject)
    wanted = telling(subject) or content(subject) or list(ask.wanted)
    pages = shelf.pages_about(wanted, ask.spoken)
    if ask.spoken != "en" and (english := abroad(wanted, subject)):
        pages += shelf.pages_about(english, "en")
        wanted = [*wanted, *english]
    for page, share in pages:
        if share >= enough and shelf.is_about(page, wanted):
            return page
    return None


def definition(page: Page, shelf: Library, wanted: Sequence[str], spoken: str = "en") -> Line | None:
    """The fact of a page that says what the subject is."""
    facts = shelf.facts(page, spoken)
    exact = [line for line in facts if set(line.lead) == set(wanted)]
    value = [line for line in facts if line.lead and set(wanted) <= line.stems - set(line.lead) and line.defines]
    begins = [line for line in facts if set(wanted) & set(line.lead) and len(line.lead) <= 3]
    defines = [line for line in exact if line.defines]
    found = [*defines, *value[:1], *exact, *begins, *facts] if len(wanted) == 1 else [*defines, *exact, *begins, *facts]
    return found[0] if found else None


def said_about(ask: Ask, shelf: Library, count: int = 6) -> list[Line]:
    """Lines that name the whole subject and can be said alone, facts first."""
    wanted = telling(expand(ask.subject)) or list(ask.wanted)
    found = [h.line for h in shelf.find(wanted, ask.spoken) if h.cover >= 0.85 and h.line.alone]
    return distinct(found)[:count]
