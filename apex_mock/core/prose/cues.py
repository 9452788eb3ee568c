"""The words that give a request away, as patterns; `intent` asks them in order."""

import re

from apex_mock.core.prose.ask import Kind
from apex_mock.core.prose.style import NUMBERS
from apex_mock.core.regex import regex

N = r"(\d{1,3}|" + "|".join(w for w in NUMBERS if w not in ("zero", "a", "single", "a single", "hundred")) + ")"
TASK = (
    r"^(?:(?:please|can you|could you|would you|will you|i (?:want|need|would like|'d like) you to|help "
    r"me(?: to)?|now|and|let's|kindly|hey|hi|hello|ok|okay|so|well)[,!]?\s+)*"
)

ECHO = (
    regex(
        r"^(?:please )?(?:reply|respond|answer|output|return|print|write)(?: (?:to this|back))?(?: me)?(?: "
        r"only| just)?"
        r"(?: with| using)?(?: only| just)?(?: with)? (?:exactly|only|just|verbatim|nothing but|the (?:single "
        r")?word|the (?:exact )?(?:text|phrase|string|words?))"
        r"(?: (?:the )?(?:following|this|word|text|phrase|string|words|sentence))*\s*:?\s*(.+)$",
        re.I | re.S,
    ),
    regex(
        r"^(?:please )?(?:repeat|echo|say)(?: (?:after me|exactly|back|this|the following|the word|the words|"
        r"the phrase|the text|the sentence|it))+"
        r"(?: exactly)?(?: (?:word|text|phrase|sentence))?\s*:?\s*(.+)$",
        re.I | re.S,
    ),
    regex(
        r"^(?:please )?(?:say|echo|repeat|print|output|reply|respond|answer)(?: with)?:?\s*([\"“'`].+[\"”'`])"
        r"(?: and nothing else| only)?[.!]?$",
        re.I | re.S,
    ),
    regex(
        r"^(?:please )?(?:echo|repeat|say|reply with|respond with)(?:\s*:\s*|\s+)(?!something|anything|what|"
        r"why|how|more|that|it|yes or|a |an |your|about|me|in )"
        r"((?:\S+\s*){1,6})$",
        re.I,
    ),
)
ECHO_TAIL = regex(
    r"[,.;]?\s*\(?(?:and |with )?(?:nothing else|nothing more|no other (?:text|words)|no more|only that)\)?[.!]*$", re.I
)
TAIL_CUT = regex(
    r"(?<=[^\s])\s+(?:Do not|Don't|Without|No ) ?(?:add|say|include|punctuation|explain|write|output).*$", re.I | re.S
)

CODE_NOUN = (
    r"(?:function|program|script|code|class|quer(?:y|ies)|regex(?:p|es)?|regular expressions?|method|"
    r"snippet|sql|decorator|"
    r"algorithm|one-liner|dockerfile|component|unit tests?|module|loop|api client|generator|context manager|dataclass|"
    r"recursion|implementation|bash|shell command|makefile|html|css|sort(?:ing)? in|hello world|fizz ?buzz|sieve)"
)
LANGS = r"(?:python|javascript|typescript|java|rust|golang|go|c\+\+|c#|ruby|bash|sql|php|kotlin|swift|html|css|js)"
CODE = (
    regex(
        TASK
        + (
            r"(?:write|create|implement|give|show|build|generate|code|make|provide|develop|produce|draft|"
            r"complete)\b[^.?!\n]{0,80}\b"
        )
        + CODE_NOUN
        + r"\b",
        re.I,
    ),
    regex(TASK + r"(?:write|implement|code|program)\b[^.?!\n]{0,100}\b(?:in|using|with) " + LANGS + r"\b", re.I),
    regex(
        (
            r"^(?:how (?:do|can|would|to)(?: (?:i|you|we|one))?|show me how to|what is the (?:best|easiest) way "
            r"to)\b[^.?!\n]{0,100}\b(?:in|with|using) (?!git\b)"
        )
        + LANGS
        + r"\b",
        re.I,
    ),
    regex(r"^(?:implement|code)\s+\w+", re.I),
    regex(r"^(?!how |what |why |explain |tell |when )(?:\S+ ){1,7}in " + LANGS + r"[.!]?$", re.I),
    regex(r"^" + LANGS + r"\s+(?:function|code|script|program|snippet|class|query)\b", re.I),
)
KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.JOKE, regex(r"\b(?:jokes?|pun|make me laugh|something funny)\b", re.I)),
    (
        Kind.HAIKU,
        regex(r"\b(?:write|compose|create|give|make|generate|tell|another|a|one)\b.*\bhaikus?\b|^haiku\b", re.I),
    ),
    (
        Kind.POEM,
        regex(
            TASK
            + (
                r"(?:write|compose|create|give|make|generate|tell|recite)\b[^.?]{0,40}\b(?:poem|verse|limerick|sonnet|"
                r"rhyme|ode|lyrics|song)\b|^(?:a )?(?:short )?poem (?:about|on)\b"
            ),
            re.I,
        ),
    ),
    (
        Kind.STORY,
        regex(
            TASK
            + (
                r"(?:write|tell|compose|create|give|make up|generate|invent)\b[^.?]{0,50}\b(?:story|tale|fable|"
                r"fairy ?tale|bedtime story|short fiction|narrative)\b|^(?:a )?(?:short )?story (?:about|of|on)\b"
            ),
            re.I,
        ),
    ),
)
TRANSLATE = regex(
    r"\b(?:translate|translation|übersetze|traduis|traduce|traduire)\b|\bhow (?:do|would) (?:you|i|we) "
    r"say\b.+\bin [A-Z]?\w+\b|\bwhat is\b.{1,60}\bin (?:french|spanish|german|italian|portuguese|japanese|"
    r"latin)\b",
    re.I,
)
SUMMARY = regex(
    TASK
    + (
        r"(?:summari[sz]e|sum up|give (?:me )?(?:a |an )?(?:\w+ )?summary|write (?:a |an )?(?:\w+ )?summary|"
        r"condense|shorten)\b|\btl;?dr\b|\b(?:summary|summari[sz]e) (?:of )?(?:the|this)\b"
    ),
    re.I,
)
CLASSIFY = regex(
    r"\b(?:classify|categori[sz]e|sentiment|positive or negative|negative or positive|positive,? "
    r"(?:negative,? or )?neutral|spam or (?:ham|not)|label (?:this|the))\b|\bis (?:this|the following)"
    r"\b[^.?\n]{0,60}\b(?:positive|negative|spam|toxic|formal)\b",
    re.I,
)
REWRITE = regex(
    TASK
    + (
        r"(?:rewrite|rephrase|paraphrase|reword|correct|proofread|fix (?:the )?(?:grammar|spelling|typos?|"
        r"errors?|mistakes|this sentence)|improve (?:this|the)|make (?:this|it|the following)(?: \w+){0,3} "
        r"(?:more|less|formal|polite|shorter|simpler))\b"
    ),
    re.I,
)
EXTRACT = regex(
    TASK
    + (
        r"(?:extract|find|list|identify|pull out)\b[^:\n]{0,60}\b(?:names?|dates?|numbers?|e-?mails?|email "
        r"addresses|urls?|links|entities|people|places|keywords?|phone numbers?)\b[^:\n]{0,60}(?:from|in)"
        r"\b[^:\n]{0,40}:"
    ),
    re.I,
)
CONTINUE = regex(
    TASK
    + (
        r"(?:continue|complete|finish)\b(?: (?:the|this|my|with))?(?: (?:story|text|sentence|paragraph|"
        r"following|phrase))*\s*:?\s*"
    ),
    re.I,
)
COMPARE = (
    regex(r"\b(?:difference|differences|distinction)s? between (?P<a>.+?) and (?P<b>[^?.!,;]+)", re.I),
    regex(
        r"\bcompar(?:e|ison of|ing|ison between)\s+(?P<a>.+?)\s+(?:and|with|to|vs\.?|versus|against)"
        r"\s+(?P<b>[^?.!,;]+)",
        re.I,
    ),
    regex(
        r"(?:^|[:,]\s*|\b(?:explain|discuss|about|between)\s+)(?P<a>[^?.!,;:]{2,60}?)\s+(?:vs\.?|versus)"
        r"\s+(?P<b>[^?.!,;:]{2,60})",
        re.I,
    ),
    regex(r"\bhow (?:does|do|is|are) (?P<a>.+?) (?:differ|different) from (?P<b>[^?.!,;]+)", re.I),
    regex(
        r"\b(?:which is better|what is better|should i (?:use|choose|pick|buy|drink|learn))"
        r"[:,]?\s+(?P<a>[^?.!,;]{2,60}?)\s+or\s+(?P<b>[^?.!,;]{2,60})",
        re.I,
    ),
    regex(
        r"^(?:is|are) (?P<a>[^?.!,;]{2,50}?) (?:better|worse|faster|safer|cheaper|healthier) than "
        r"(?P<b>[^?.!,;]{2,50})",
        re.I,
    ),
    regex(r"^how is (?P<a>.+?) (?:related|similar) to (?P<b>[^?.!,;]+)", re.I),
)
LIST = (
    regex(
        (
            r"\b(?:list|name|give|tell|suggest|write|provide|share|enumerate|mention|what are|recommend|show|"
            r"generate|offer|need|want)\b[^.?!]{0,24}?\b"
        )
        + N
        + r"\s+(?P<what>[^.?!]+)",
        re.I,
    ),
    regex(r"\btop[ -]" + N + r"\s+(?P<what>[^.?!]+)", re.I),
    regex(
        r"^"
        + N
        + (
            r"\s+(?P<what>(?:\w+\s+){0,2}(?:reasons|tips|ways|facts|things|ideas|examples|benefits|types|kinds|"
            r"steps|rules|advantages|books|countries|cities|capitals|planets|questions|uses|names)\b[^.?!]*)"
        ),
        re.I,
    ),
)
PLAIN_LIST = regex(
    TASK
    + (
        r"(?:list|enumerate|give (?:me )?(?:a |some )?(?:list of|examples of|tips (?:for|on)|ideas for)|make "
        r"a list of|what are some(?: of)?|name some|suggest some)\s+(?P<what>[^.?!]+)"
    ),
    re.I,
)
HOW_TO = regex(
    TASK
    + (
        r"(?:how (?:do|can|should|would|could|might)(?: (?:i|you|we|one|someone|people|a \w+))|how to|"
        r"what(?:'s| is) the best way to|what are the steps (?:to|for)|show me how to|teach me (?:how )?to|"
        r"give me (?:a recipe|instructions|steps) (?:for|to)|steps to|recipe for|guide to|explain how to|tell "
        r"me how to|i want to learn(?: how)? to)\s+(?P<what>.+)"
    ),
    re.I | re.S,
)
MORE = regex(
    r"^(?:please )?(?:(?:tell me|say|give me|know|explain)(?: a bit)? (?:more|further)(?: details?)?(?: "
    r"about (?:it|that|this|them|him|her))?|more(?: details?| please)?|go on|continue|elaborate(?: on "
    r"(?:that|this))?|expand(?: on (?:that|this))?|keep going|and\??|what else|anything else)[\s.!?]*$",
    re.I,
)
YES_NO = regex(
    r"^(?:is|are|was|were|does|do|did|can|could|has|have|will|would|should|must) (?!you\b|i\b|we\b)(?P<what>.+)",
    re.I | re.S,
)
WH = regex(
    r"^(?:(?:and|so|but|ok|okay|please|hey|hi|hello|now|then|also),?\s+)*(?:(?:can|could|would|do) you "
    r"(?:please )?(?:tell me|know|explain)|tell me|i(?:'d| would) like to know|do you know|remind "
    r"me)?[\s,:]*(?P<wh>who|whom|whose|what|which|when|where|why|how)\b",
    re.I,
)
EXPLAIN = regex(
    TASK
    + (
        r"(?:explain|describe|tell (?:me|us)(?: something| everything| a bit| more)? (?:about|of)|discuss|"
        r"write (?:(?:me )?(?:an? |some )?(?:\w+ ){0,2}(?:paragraphs?|essay|article|text|introduction|"
        r"overview|blog post|report|description|explanation|few words|piece)? ?(?:about|on|of|explaining|"
        r"describing)?)|give (?:me )?(?:an? )?(?:\w+ )?(?:overview|introduction|explanation|description|"
        r"account|lecture|background)(?: of| to| on| about)?|introduce|define|teach me about|talk about|what "
        r"can you tell me about|what do you know about|i want to (?:know|learn) (?:more )?about|let's talk "
        r"about|elaborate on|information (?:on|about)|all about)\s*:?\s*(?P<what>.+)"
    ),
    re.I | re.S,
)
