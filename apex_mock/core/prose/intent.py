"""What is asked: the kind of a request and its subject, by the words that give them away."""

import re
from dataclasses import replace

from apex_mock.core.prose import sums, talk
from apex_mock.core.prose.ask import Ask, Kind
from apex_mock.core.prose.library import language
from apex_mock.core.prose.style import NUMBERS, number
from apex_mock.core.prose.words import clip, telling

_N = r"(\d{1,3}|" + "|".join(w for w in NUMBERS if w not in ("zero", "a", "single", "a single", "hundred")) + ")"
_TASK = r"^(?:(?:please|can you|could you|would you|will you|i (?:want|need|would like|'d like) you to|help me(?: to)?|now|and|let's|kindly|hey|hi|hello|ok|okay|so|well)[,!]?\s+)*"

_ECHO = (
    re.compile(r"^(?:please )?(?:reply|respond|answer|output|return|print|write)(?: (?:to this|back))?(?: me)?(?: only| just)?"
               r"(?: with| using)?(?: only| just)?(?: with)? (?:exactly|only|just|verbatim|nothing but|the (?:single )?word|the (?:exact )?(?:text|phrase|string|words?))"
               r"(?: (?:the )?(?:following|this|word|text|phrase|string|words|sentence))*\s*:?\s*(.+)$", re.I | re.S),
    re.compile(r"^(?:please )?(?:repeat|echo|say)(?: (?:after me|exactly|back|this|the following|the word|the words|the phrase|the text|the sentence|it))+"
               r"(?: exactly)?(?: (?:word|text|phrase|sentence))?\s*:?\s*(.+)$", re.I | re.S),
    re.compile(r"^(?:please )?(?:say|echo|repeat|print|output|reply|respond|answer)(?: with)?:?\s*([\"“'`].+[\"”'`])(?: and nothing else| only)?[.!]?$", re.I | re.S),
    re.compile(r"^(?:please )?(?:echo|repeat|say|reply with|respond with)(?:\s*:\s*|\s+)(?!something|anything|what|why|how|more|that|it|yes or|a |an |your|about|me|in )"
               r"((?:\S+\s*){1,6})$", re.I),
)  # fmt: skip
_ECHO_TAIL = re.compile(
    r"[,.;]?\s*\(?(?:and |with )?(?:nothing else|nothing more|no other (?:text|words)|no more|only that)\)?[.!]*$", re.I
)
_TAIL_CUT = re.compile(
    r"(?<=[^\s])\s+(?:Do not|Don't|Without|No ) ?(?:add|say|include|punctuation|explain|write|output).*$", re.I | re.S
)

_CODE_NOUN = (
    r"(?:function|program|script|code|class|quer(?:y|ies)|regex(?:p|es)?|regular expressions?|method|snippet|sql|decorator|"
    r"algorithm|one-liner|dockerfile|component|unit tests?|module|loop|api client|generator|context manager|dataclass|"
    r"recursion|implementation|bash|shell command|makefile|html|css|sort(?:ing)? in|hello world|fizz ?buzz|sieve)"
)
_LANGS = r"(?:python|javascript|typescript|java|rust|golang|go|c\+\+|c#|ruby|bash|sql|php|kotlin|swift|html|css|js)"
_CODE = (
    re.compile(
        _TASK
        + r"(?:write|create|implement|give|show|build|generate|code|make|provide|develop|produce|draft|complete)\b[^.?!\n]{0,80}\b"
        + _CODE_NOUN
        + r"\b",
        re.I,
    ),
    re.compile(_TASK + r"(?:write|implement|code|program)\b[^.?!\n]{0,100}\b(?:in|using|with) " + _LANGS + r"\b", re.I),
    re.compile(
        r"^(?:how (?:do|can|would|to)(?: (?:i|you|we|one))?|show me how to|what is the (?:best|easiest) way to)\b[^.?!\n]{0,100}\b(?:in|with|using) (?!git\b)"
        + _LANGS
        + r"\b",
        re.I,
    ),
    re.compile(r"^(?:implement|code)\s+\w+", re.I),
    re.compile(r"^" + _LANGS + r"\s+(?:function|code|script|program|snippet|class|query)\b", re.I),
)
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.JOKE, re.compile(r"\b(?:jokes?|pun|make me laugh|something funny)\b", re.I)),
    (Kind.HAIKU, re.compile(r"\b(?:write|compose|create|give|make|generate|tell|another|a|one)\b.*\bhaikus?\b|^haiku\b", re.I)),
    (Kind.POEM, re.compile(_TASK + r"(?:write|compose|create|give|make|generate|tell|recite)\b[^.?]{0,40}\b(?:poem|verse|limerick|sonnet|rhyme|ode|lyrics|song)\b|^(?:a )?(?:short )?poem (?:about|on)\b", re.I)),
    (Kind.STORY, re.compile(_TASK + r"(?:write|tell|compose|create|give|make up|generate|invent)\b[^.?]{0,50}\b(?:story|tale|fable|fairy ?tale|bedtime story|short fiction|narrative)\b|^(?:a )?(?:short )?story (?:about|of|on)\b", re.I)),
)  # fmt: skip
_TRANSLATE = re.compile(
    r"\b(?:translate|translation|übersetze|traduis|traduce|traduire)\b|\bhow (?:do|would) (?:you|i|we) say\b.+\bin [A-Z]?\w+\b|\bwhat is\b.{1,60}\bin (?:french|spanish|german|italian|portuguese|japanese|latin)\b",
    re.I,
)
_SUMMARY = re.compile(
    _TASK
    + r"(?:summari[sz]e|sum up|give (?:me )?(?:a |an )?(?:\w+ )?summary|write (?:a |an )?(?:\w+ )?summary|condense|shorten)\b|\btl;?dr\b|\b(?:summary|summari[sz]e) (?:of )?(?:the|this)\b",
    re.I,
)
_CLASSIFY = re.compile(
    r"\b(?:classify|categori[sz]e|sentiment|positive or negative|negative or positive|positive,? (?:negative,? or )?neutral|spam or (?:ham|not)|label (?:this|the))\b|\bis (?:this|the following)\b[^.?\n]{0,60}\b(?:positive|negative|spam|toxic|formal)\b",
    re.I,
)
_REWRITE = re.compile(
    _TASK
    + r"(?:rewrite|rephrase|paraphrase|reword|correct|proofread|fix (?:the )?(?:grammar|spelling|typos?|errors?|mistakes|this sentence)|improve (?:this|the)|make (?:this|it|the following)(?: \w+){0,3} (?:more|less|formal|polite|shorter|simpler))\b",
    re.I,
)
_EXTRACT = re.compile(
    _TASK
    + r"(?:extract|find|list|identify|pull out)\b[^:\n]{0,60}\b(?:names?|dates?|numbers?|e-?mails?|email addresses|urls?|links|entities|people|places|keywords?|phone numbers?)\b[^:\n]{0,60}(?:from|in)\b[^:\n]{0,40}:",
    re.I,
)
_CONTINUE = re.compile(
    _TASK
    + r"(?:continue|complete|finish)\b(?: (?:the|this|my|with))?(?: (?:story|text|sentence|paragraph|following|phrase))*\s*:?\s*",
    re.I,
)
_COMPARE = (
    re.compile(r"\b(?:difference|differences|distinction)s? between (?P<a>.+?) and (?P<b>[^?.!,;]+)", re.I),
    re.compile(r"\bcompar(?:e|ison of|ing|ison between)\s+(?P<a>.+?)\s+(?:and|with|to|vs\.?|versus|against)\s+(?P<b>[^?.!,;]+)", re.I),
    re.compile(r"(?:^|[:,]\s*|\b(?:explain|discuss|about|between)\s+)(?P<a>[^?.!,;:]{2,60}?)\s+(?:vs\.?|versus)\s+(?P<b>[^?.!,;:]{2,60})", re.I),
    re.compile(r"\bhow (?:does|do|is|are) (?P<a>.+?) (?:differ|different) from (?P<b>[^?.!,;]+)", re.I),
    re.compile(r"\b(?:which is better|what is better|should i (?:use|choose|pick|buy|drink|learn))[:,]?\s+(?P<a>[^?.!,;]{2,60}?)\s+or\s+(?P<b>[^?.!,;]{2,60})", re.I),
    re.compile(r"^(?:is|are) (?P<a>[^?.!,;]{2,50}?) (?:better|worse|faster|safer|cheaper|healthier) than (?P<b>[^?.!,;]{2,50})", re.I),
    re.compile(r"^how is (?P<a>.+?) (?:related|similar) to (?P<b>[^?.!,;]+)", re.I),
)  # fmt: skip
_LIST = (
    re.compile(r"\b(?:list|name|give|tell|suggest|write|provide|share|enumerate|mention|what are|recommend|show|generate|offer|need|want)\b[^.?!]{0,24}?\b" + _N + r"\s+(?P<what>[^.?!]+)", re.I),
    re.compile(r"\btop[ -]" + _N + r"\s+(?P<what>[^.?!]+)", re.I),
    re.compile(r"^" + _N + r"\s+(?P<what>(?:\w+\s+){0,2}(?:reasons|tips|ways|facts|things|ideas|examples|benefits|types|kinds|steps|rules|advantages|books|countries|cities|capitals|planets|questions|uses|names)\b[^.?!]*)", re.I),
)  # fmt: skip
_PLAIN_LIST = re.compile(
    _TASK
    + r"(?:list|enumerate|give (?:me )?(?:a |some )?(?:list of|examples of|tips (?:for|on)|ideas for)|make a list of|what are some(?: of)?|name some|suggest some)\s+(?P<what>[^.?!]+)",
    re.I,
)
_HOW_TO = re.compile(
    _TASK
    + r"(?:how (?:do|can|should|would|could|might)(?: (?:i|you|we|one|someone|people|a \w+))|how to|what(?:'s| is) the best way to|what are the steps (?:to|for)|show me how to|teach me (?:how )?to|give me (?:a recipe|instructions|steps) (?:for|to)|steps to|recipe for|guide to|explain how to|tell me how to|i want to learn(?: how)? to)\s+(?P<what>.+)",
    re.I | re.S,
)
_MORE = re.compile(
    r"^(?:please )?(?:(?:tell me|say|give me|know|explain)(?: a bit)? (?:more|further)(?: details?)?(?: about (?:it|that|this|them|him|her))?|more(?: details?| please)?|go on|continue|elaborate(?: on (?:that|this))?|expand(?: on (?:that|this))?|keep going|and\??|what else|anything else)[\s.!?]*$",
    re.I,
)
_YES_NO = re.compile(
    r"^(?:is|are|was|were|does|do|did|can|could|has|have|will|would|should|must) (?!you\b|i\b|we\b)(?P<what>.+)",
    re.I | re.S,
)
_WH = re.compile(
    r"^(?:(?:and|so|but|ok|okay|please|hey|hi|hello|now|then|also),?\s+)*(?:(?:can|could|would|do) you (?:please )?(?:tell me|know|explain)|tell me|i(?:'d| would) like to know|do you know|remind me)?[\s,:]*(?P<wh>who|whom|whose|what|which|when|where|why|how)\b",
    re.I,
)
_EXPLAIN = re.compile(
    _TASK
    + r"(?:explain|describe|tell (?:me|us)(?: something| everything| a bit| more)? (?:about|of)|discuss|write (?:(?:me )?(?:an? |some )?(?:\w+ ){0,2}(?:paragraphs?|essay|article|text|introduction|overview|blog post|report|description|explanation|few words|piece)? ?(?:about|on|of|explaining|describing)?)|give (?:me )?(?:an? )?(?:\w+ )?(?:overview|introduction|explanation|description|account|lecture|background)(?: of| to| on| about)?|introduce|define|teach me about|talk about|what can you tell me about|what do you know about|i want to (?:know|learn) (?:more )?about|let's talk about|elaborate on|information (?:on|about)|all about)\s*:?\s*(?P<what>.+)",
    re.I | re.S,
)


def echo(prompt: str) -> str | None:
    """What the prompt wants repeated word for word, or None."""
    head = prompt.strip()
    if len(head) > 2_000:
        return None
    for pattern in _ECHO:
        if match := pattern.match(head):
            wanted = _ECHO_TAIL.sub("", _TAIL_CUT.sub("", match[1]).strip()).strip()
            quoted = re.match(r"^[\"“'`](.+?)[\"”'`][.!]?$", wanted, re.S)
            if quoted:
                return quoted[1]
            if (
                re.match(
                    r"(?:the |a |an )?(?:number|name|answer|year|city|word|json|yes or no|json object|code|result|capital|date|letter|option|label)\b",
                    wanted,
                    re.I,
                )
                and len(wanted.split()) > 1
            ):
                return None
            if len(wanted.split()) == 1:
                wanted = wanted.rstrip(".") or wanted
            return wanted or None
    return None


def classify(ask: Ask) -> Ask:
    """`ask` with its kind and its subject."""
    text = ask.text
    flat = " ".join(text.split())
    if echo(ask.prompt):
        return replace(ask, kind=Kind.ECHO)
    if small := talk.kind(flat):
        return replace(ask, kind=small, subject=flat)
    if sums.arithmetic(flat) is not None:
        return replace(ask, kind=Kind.ARITHMETIC, subject=flat)
    head = flat[:400]
    if "```" in text and re.search(
        r"\b(?:explain|what does|review|describe|fix|debug|wrong|improve|refactor|comment)\b", head, re.I
    ):
        return replace(ask, kind=Kind.EXPLAIN_CODE)
    source = _source(ask.prompt)
    if _TRANSLATE.search(head):
        return replace(ask, kind=Kind.TRANSLATION, source=source)
    if _CLASSIFY.search(head):
        return replace(ask, kind=Kind.CLASSIFY, source=source)
    if _SUMMARY.search(flat[:200]) or _SUMMARY.search(flat[-120:]):
        what = re.sub(_SUMMARY, " ", head).strip(" :.")
        what = re.sub(
            r"^(?:of|for me|me|the following(?: text| article)?|this(?: text| article)?|about|on)\b[ :]*",
            "",
            what,
            flags=re.I,
        )
        return replace(_about(ask, what), kind=Kind.SUMMARY, source=source)
    if _EXTRACT.search(head):
        return replace(ask, kind=Kind.EXTRACT, source=source)
    if _REWRITE.search(head) and source:
        return replace(ask, kind=Kind.REWRITE, source=source)
    if reading := _reading(ask.prompt):
        return replace(
            ask,
            kind=Kind.READING,
            source=reading[0],
            text=reading[1],
            subject=reading[1],
            wanted=tuple(telling(reading[1])),
        )
    if not re.match(r"(?:what|who|when|why|where|is|are|explain)\b", head, re.I) and any(
        pattern.search(head) for pattern in _CODE
    ):
        return replace(ask, kind=Kind.CODE, subject=clip(flat, 160), wanted=tuple(telling(head)))
    for kind, pattern in _KINDS:
        if pattern.search(head) and not re.match(r"(?:what|who|when|explain|why)\b(?!.*\bjoke)", head, re.I):
            return replace(_about(ask, _theme(head)), kind=kind, count=_count(head))
    if _MORE.match(flat):
        return replace(ask, kind=Kind.MORE, subject=flat)
    if match := _CONTINUE.match(flat):
        if len(flat) - match.end() > 8:
            return replace(ask, kind=Kind.CONTINUE, source=flat[match.end() :])
    for pattern in _COMPARE:
        if match := pattern.search(head):
            a, b = _trim(match["a"]), _trim(match["b"])
            if a and b and len(a) < 80:
                return replace(_about(ask, f"{a} and {b}"), kind=Kind.COMPARISON, sides=(a, b))
    for pattern in _LIST:
        if (match := pattern.search(head)) and not re.match(r"(?:how|who|when|why)\b", head, re.I):
            what = _trim(match["what"])
            return replace(_about(ask, what), kind=Kind.LIST, count=min(max(number(match[1]), 1), 50))
    if match := _PLAIN_LIST.match(head):
        return replace(_about(ask, _trim(match["what"])), kind=Kind.LIST, count=5)
    if match := _HOW_TO.match(head):
        return replace(_about(ask, _trim(match["what"])), kind=Kind.HOW_TO)
    if match := _EXPLAIN.match(head):
        return replace(_about(ask, _trim(match["what"])), kind=Kind.EXPLANATION)
    if match := _WH.match(head):
        return replace(
            _about(ask, _question_subject(head[match.start("wh") :])),
            kind=Kind.QUESTION,
            text=head[match.start("wh") :],
            wanted=tuple(telling(head)),
        )
    if _YES_NO.match(head):
        return replace(_about(ask, _question_subject(head)), kind=Kind.YES_NO, wanted=tuple(telling(head)))
    question = head.rstrip().endswith(("?", "？")) or language(head) != "en"
    return replace(_about(ask, _trim(head)), kind=Kind.QUESTION if question else Kind.EXPLANATION)


def _about(ask: Ask, subject: str) -> Ask:
    return replace(ask, subject=clip(subject, 120), wanted=tuple(telling(subject)))


_ORDER = re.compile(r"^(?:to me |me |us |the concept of |the idea of |the term |what |how |why |about |of |on )+", re.I)
_EXTRA = re.compile(
    r"\s*(?:,? (?:please|thanks|thank you|to (?:me|a (?:child|beginner|\d+[- ]year[- ]old))|like i'?m (?:five|\d+)|for (?:me|beginners|kids|children)|(?:is|are|works?)(?=[?.! ]*$)|in simple (?:terms|words)|step by step|in your own words))+[?.! ]*$",
    re.I,
)


def _trim(text: str) -> str:
    text = re.split(r"(?<=[a-z)])[.?!]\s+", " ".join(text.split()))[0].strip(" \"“”'`.?!:;,*-")
    text = _EXTRA.sub("", _ORDER.sub("", text))
    return clip(text, 140).strip(" \"“”'.?!:;,")


_SUBJECT = re.compile(
    r"^(?:(?:in )?(?:who|whom|whose|what|which|when|where|why|how)(?:'s|’s|'re)?|is|are|was|were|does|do|did|can|could|has|have|will|would|should|must)\b\s*"
    r"(?:many|much|long|far|tall|high|old|big|fast|deep|large|often|hot|cold|exactly)?\s*"
    r"(?:(?:is|are|was|were|does|do|did|can|could|has|have|had|will|would|should|must|exactly|the meaning of|meant by)\b\s*)*(?:the\s+)?",
    re.I,
)  # fmt: skip


def _question_subject(text: str) -> str:
    sentence = re.split(r"(?<=[?!])\s", text)[0]
    subject = _SUBJECT.sub("", sentence, count=1)
    return _trim(subject) or _trim(text)


def _theme(text: str) -> str:
    match = re.search(r"\b(?:about|on|of|for|featuring|involving|where|in which|regarding|with)\s+(.+)$", text, re.I)
    if match:
        return _trim(re.split(r"[.;!?]\s", match[1])[0])
    match = re.search(r"\b(\w+)\s+(?:jokes?|puns?|haikus?|poem|story|tale)\b", text, re.I)
    if match and match[1].lower() not in (
        "a",
        "the",
        "short",
        "funny",
        "good",
        "another",
        "me",
        "some",
        "long",
        "new",
        "little",
        "an",
        "one",
        "best",
        "bedtime",
        "write",
        "tell",
    ):
        return match[1]
    return ""


def _count(text: str) -> int:
    match = re.search(r"\b" + _N + r"\s+(?:\w+ ){0,2}(?:jokes|haikus?|poems|puns|stories|limericks)\b", text, re.I)
    return min(number(match[1]), 10) if match else 1


def _source(prompt: str) -> str:
    """The text that a prompt brings along: what stands in quotes, after a colon or on the lines below."""
    flat = prompt.strip()[:40_000]
    if match := re.search(r"\"\"\"(.+?)\"\"\"|```(?:\w*\n)?(.+?)```|<(\w+)>(.+?)</\3>", flat, re.S):
        return (match[1] or match[2] or match[4]).strip()
    if match := re.search(r"(?:^|\s)[\"“](.{3,}?)[\"”](?=[\s.?!,]|$)", flat, re.S):
        return match[1].strip()
    if match := re.search(r"(?:^|\s)'([^'\n]{3,}?)'(?=[\s.?!,]|$)", flat):
        return match[1].strip()
    first, _, rest = flat.partition("\n")
    if rest.strip() and len(rest.strip()) > 12:
        if re.match(r"^[^\n]{0,160}$", first) and (first.rstrip().endswith((":", ".", "?")) or len(first) < 90):
            return rest.strip()
    match = re.search(r"^[^:\n]{3,160}?:\s+(.{3,})$", flat, re.S)
    if match:
        return match[1].strip()
    if tail := re.search(r"^(.{40,}?)\s*(?:\n|[.!?])\s*tl;?dr\W*$", flat, re.I | re.S):
        return tail[1]
    return ""


_CONTEXT = re.compile(
    r"\b(?:context|passage|document|documents|article|text|paragraph|sources?|background|excerpt|information)\b[^:\n]{0,40}:\s*",
    re.I,
)
_ASKED = re.compile(r"(?:^|\n)\s*(?:question|query|q|user question|user)\s*:\s*(.+)", re.I)


def _reading(prompt: str) -> tuple[str, str] | None:
    """A text and a question about it, as prompts of retrieval-augmented generation bring them."""
    flat = prompt.strip()[:60_000]
    start = _CONTEXT.search(flat[:2_000])
    if not start or len(flat) < 60:
        return None
    asked = _ASKED.search(flat)
    if asked:
        question = asked[1].split("\n")[0].strip()
        body = (flat[: asked.start()] + "\n" + flat[asked.end() :])[start.end() if asked.start() > start.end() else 0 :]
        body = re.sub(r"(?:^|\n)\s*(?:answer|a|assistant)\s*:\s*$", "", body.strip(), flags=re.I)
        body = _CONTEXT.sub("", body, count=1) if asked.start() < start.end() else body
    else:
        before = flat[: start.start()].strip()
        body = flat[start.end() :]
        lines = body.rstrip().split("\n")
        if lines[-1].strip().endswith("?") and len(lines) > 1:
            question, body = lines[-1].strip(), "\n".join(lines[:-1])
        elif found := re.search(r"[^.?!\n]{6,200}\?", before):
            question = found[0].strip()
        else:
            return None
    return (body.strip(), question) if len(body.split()) > 6 and question else None
