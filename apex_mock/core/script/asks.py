"""The words that give a research question away: its kind, where its phrases begin, and where they end."""

import re
from enum import StrEnum, auto

from apex_mock.core.regex import regex


class Angle(StrEnum):
    """The kind of a question: it decides on the plan."""

    COMPARE = auto()
    DESIGN = auto()
    OPTIONS = auto()
    CAUSES = auto()
    EFFECTS = auto()
    HISTORY = auto()
    OUTLOOK = auto()
    ASSESS = auto()
    MECHANISM = auto()
    OVERVIEW = auto()


LEAD = regex(
    r"^(?:(?:hi|hello|hey|please|kindly|now|so|ok(?:ay)?|and|also|then|thanks)\b[\s,.!]*|"
    r"(?:can|could|would|will) (?:you|we|i)\b(?: please| kindly)?(?: help me(?: to)?)?[\s,]*|"
    r"i(?:'d| would)? (?:like|want|need|love|wish)(?: you)? to (?:know|understand|learn(?: about)?|see|find out)?\s*|"
    r"i(?:'m| am) (?:curious|interested|wondering) (?:about|in|to know|whether)?\s*|i wonder\s*|help me (?:to "
    r")?(?:understand|with)?\s*|"
    r"(?:do|conduct|carry out|perform|prepare|write|give|produce|create|provide|make|compile|deliver)(?: me| "
    r"us)?(?: an?| some)?"
    r"(?: (?:\w+[ -]?){0,3})?(?:deep |in-depth |thorough |detailed )?(?:research|report|analysis|overview|"
    r"review|study|essay|briefing|survey|summary|explanation|account|article|investigation|comparison)\b"
    r"(?: on| of| into| about| that (?:covers|explains|describes))?[\s:]*|"
    r"(?:research|investigate|explore|examine|study|discuss|explain|describe|analy[sz]e|evaluate|assess|"
    r"summari[sz]e|outline|review|look into|"
    r"tell (?:me|us)(?: about)?|find out|teach me(?: about)?|dig into|elaborate on|critically|in detail|in "
    r"depth|thoroughly|briefly|your thoughts on|"
    r"consider|determine|deep dive(?: (?:on|into))?|question|topic|subject|task)\b[\s:,]*(?:in (?:detail|"
    r"depth)\b[\s,:]*)?)",
    re.I,
)
ASKS = regex(
    r"\?|^\W*(?:(?:can|could|would) you|please|propose|design|compare|contrast|analy[sz]e|explain|discuss|"
    r"describe|evaluate|assess|"
    r"investigate|research|suggest|develop|outline|what|why|how|which|explore|examine|write|give|tell|"
    r"summari[sz]e|review|trace)\b",
    re.I,
)
NOT_ASKED = regex(
    r"^\W*(?:please )?(?:include|cite|use|write|keep|make sure|ensure|provide|answer|format|limit|be|do not|"
    r"don't|avoid|add|end|start|thanks?|thank you)\b"
    r"[^?]*\b(?:sources?|citations?|references?|words?|sections?|headings?|markdown|bullets?|paragraphs?|"
    r"concise|tables?|advance|tone|length|jargon|english)\b",
    re.I,
)
FOCUS = regex(
    r"\b(?:focus(?:ing)? (?:on|especially on)|pay(?:ing)? attention to|consider(?:ing)?|covering|cover|"
    r"including|include|in terms of|with respect to|"
    r"with regard to|regarding|address(?:ing)?|touch(?:ing)? on|discuss(?:ing)?|looking at|look at|taking "
    r"into account|especially|particularly|such as)\b:?\s+(?P<list>[^.?!]+)",
    re.I,
)
PLANS = regex(
    r"^(?:we|i) (?:want|plan|would like|hope|intend|need|have|are planning|am planning|are going|are trying|"
    r"am trying|wish) to (?P<goal>.+)",
    re.I,
)
ORDERS = regex(
    r"\b(?:words?|sources?|citations?|references?|bullet|markdown|sections?|headings?|paragraphs?|tone|"
    r"examples)\b",
    re.I,
)

MODAL = r"(?:could|can|should|would|might|may|will|must)"
PLAIN_THING = (
    r"(?:mechanism|framework|plan|strategy|approach|scheme|roadmap|policy|method|way|solution|process|"
    r"programme|program)"
)
THING = (
    r"(?:mechanism|architecture|framework|plan|strategy|system|protocol|approach|model|scheme|roadmap|policy|"
    r"policies|method|way|solution|"
    r"experiment|methodology|design|curriculum|process|programme|program|set of \w+|\w+ (?:plan|strategy|"
    r"architecture|framework|system))"
)
BE = r"(?:is|are|was|were)"
DO = r"(?:do|does|did)"
EFFECT = r"(?:effects?|impacts?|implications?|consequences?|influences?|side effects|repercussions|significance|role)"
AFFECT = (
    r"(?:affect|affects|affected|influence|influences|influenced|impact|impacts|impacted|shape|shapes|shaped|"
    r"change|changes|changed|transform|transforms|transformed|reshape|disrupt|alter)"
)

RULES: tuple[tuple[Angle, re.Pattern[str]], ...] = tuple(
    (angle, regex(pattern, re.I))
    for angle, pattern in (
        (
            Angle.COMPARE,
            r"\b(?:differences?|similarities(?: and differences)?|distinctions?|trade-?offs?|comparison|"
            r"relationship) (?:between|of|among) (?P<a>.+?) (?:and|versus|vs\.?|with|to) (?P<b>.+)",
        ),
        (
            Angle.COMPARE,
            r"\bcompar(?:e|ing|es)(?: and contrast(?:ing)?)?\s+(?P<a>.+?)\s+(?:with|to|vs\.?|versus|against|"
            r"and)\s+(?P<b>.+)",
        ),
        (Angle.COMPARE, r"\bcontrast(?:ing)? (?P<a>.+?) (?:with|and|to) (?P<b>.+)"),
        (Angle.COMPARE, rf"^how {DO} (?P<a>.+?) (?:differ from|compare (?:to|with|against)) (?P<b>.+)"),
        (Angle.COMPARE, rf"^how {BE} (?P<a>.+?) different from (?P<b>.+)"),
        (
            Angle.COMPARE,
            rf"^(?:{BE} )(?P<a>[^,]+?) (?:better|worse|safer|cheaper|cleaner|faster|greener|healthier|more \w+|"
            rf"less \w+)(?: for [^,]+?)? than (?P<b>.+)",
        ),
        (Angle.COMPARE, r"^(?:which (?:is|are|one is) \w+|what is (?:better|worse))[,:]? (?P<a>[^,]+?),? or (?P<b>.+)"),
        (Angle.COMPARE, r"^(?P<a>[^,?]{2,60}?) (?:versus|vs\.?) (?P<b>.+)"),
        (
            Angle.DESIGN,
            rf"^(?:propose|design|develop|devise|suggest|sketch|outline|draft|create|come up with|formulate|"
            rf"invent|recommend)(?: an?| the| some)?(?: [\w-]+){{0,4}}? ?{THING} (?:by which|in which|through "
            rf"which|whereby|with which|under which|that would let|so that|that lets|that allows|for how) "
            rf"(?P<clause>.+)",
        ),
        (
            Angle.DESIGN,
            rf"^(?:propose|design|develop|devise|suggest|sketch|outline|draft|create|come up with|formulate|"
            rf"invent|recommend)(?: an?| the| some)?(?: [\w-]+){{0,4}}? ?{THING} (?:to|that could|that can|"
            rf"that would|which could|which can) (?P<goal>.+)",
        ),
        (
            Angle.DESIGN,
            rf"^(?:propose|design|develop|devise|suggest|sketch|outline|draft|create|come up with|formulate|"
            rf"invent|recommend)(?: an?| the| some)?(?: (?:detailed|practical|new|novel|possible|simple|"
            rf"concrete|robust|realistic|comprehensive))* {PLAIN_THING} for (?P<x>.+)",
        ),
        (Angle.DESIGN, r"^(?:propose|design|develop|devise|suggest|sketch|formulate|invent|recommend) (?P<x>.+)"),
        (
            Angle.OPTIONS,
            r"^what (?:are|is)(?: some(?: of)?)?(?: the)? (?:best|most \w+|main|practical|good|possible|"
            r"promising|key|effective|different)? ?(?:ways?|strateg(?:y|ies)|methods?|options?|measures|steps|"
            r"approach(?:es)?|practices|techniques|solutions?|means|tactics) (?:to|for|of) (?P<goal>.+)",
        ),
        (
            Angle.HISTORY,
            r"^how (?:has|have|had) (?P<x>.+?) (?:changed|evolved|developed|grown)(?: (?:since|over|from|in|"
            r"during|after) .+)?$",
        ),
        (Angle.EFFECTS, rf"^what (?:role|part) (?:{DO}) (?P<x>.+?) play (?:in|for) (?P<y>.+)"),
        (Angle.EFFECTS, r"^what (?:would|will|could|might|happens) (?:happen )?(?:if|when|to) (?P<np_do>.+)"),
        (Angle.OPTIONS, rf"^how (?:{DO}|{MODAL}) (?:i|you|we|one|people|someone) (?P<goal>.+)"),
        (Angle.OPTIONS, rf"^how (?:{MODAL}) (?P<clause>.+)"),
        (Angle.OPTIONS, r"^(?:how|ways|best ways|steps) to (?P<goal>.+)"),
        (Angle.EFFECTS, rf"\b{EFFECT} (?:that )?(?:of|from) (?P<x>.+?) (?:on|for|in|upon) (?P<y>.+)"),
        (Angle.EFFECTS, rf"\b{EFFECT} (?:of|from) (?P<x>.+)"),
        (Angle.EFFECTS, rf"\b(?:what|which) {EFFECT} {DO} (?P<x>.+?) have (?:on|for) (?P<y>.+)"),
        (Angle.EFFECTS, rf"^how (?:{DO}|has|have|had|{MODAL}) (?P<x>.+?) (?:been )?{AFFECT} (?P<y>.+)"),
        (Angle.EFFECTS, rf"\b{EFFECT} (?:on|for) (?P<y>.+)"),
        (Angle.CAUSES, r"^what (?:causes|caused|drives|drove|explains|led to|triggers|triggered|leads to) (?P<x>.+)"),
        (
            Angle.CAUSES,
            r"\b(?:causes?|reasons?|factors?|drivers?|motives) (?:of|for|behind|that led to|leading to|"
            r"underlying) (?P<x>.+)",
        ),
        (Angle.CAUSES, rf"^why {BE} (?P<np_be>.+)"),
        (Angle.CAUSES, rf"^why (?:{DO}|has|have|had|{MODAL}) (?P<np_do>.+)"),
        (Angle.CAUSES, r"^why (?P<x>.+)"),
        (
            Angle.HISTORY,
            r"\b(?:history|origins?|evolution|development|emergence|rise|beginnings|rise and fall|timeline|"
            r"story) of (?P<x>.+)",
        ),
        (Angle.HISTORY, r"^how did (?P<np_do>.+)"),
        (Angle.HISTORY, r"^trace (?P<x>.+)"),
        (
            Angle.OUTLOOK,
            r"\b(?:future|state[- ]of[- ]the[- ]art|current state|state|prospects?|outlook|latest "
            r"(?:developments?|advances|advancements|research|progress|trends|findings)|(?:recent "
            r")?(?:advances|advancements|developments|breakthroughs|progress|trends)) (?:of|for|in|on) "
            r"(?P<x>.+)",
        ),
        (
            Angle.ASSESS,
            r"\b(?:pros and cons|advantages and disadvantages|benefits and (?:risks|drawbacks|costs)|"
            r"strengths and weaknesses|risks and benefits|limitations?|limits|risks?|dangers?|challenges|"
            r"benefits|advantages|disadvantages|drawbacks|feasibility|effectiveness|reliability|security|"
            r"accuracy|safety) (?:and \w+ )?(?:of|for|in|facing) (?P<x>.+)",
        ),
        (Angle.ASSESS, rf"^(?:whether|if) (?P<x>.+?) (?:{BE}|{DO}|{MODAL}|has|have)\b.+"),
        (Angle.ASSESS, r"^(?:whether|if) (?P<x>.+)"),
        (Angle.ASSESS, rf"^(?:{BE}) (?P<np_be>.+)"),
        (Angle.ASSESS, rf"^(?:{DO}|has|have|{MODAL}) (?P<np_do>.+)"),
        (Angle.MECHANISM, rf"^how {DO} (?P<np_do>.+)"),
        (Angle.MECHANISM, rf"^how {BE} (?P<np_be>.+)"),
        (Angle.MECHANISM, r"^how (?P<x>.+?) (?:works?|functions?|operates?|happens?|is made|are made)\b(?P<rest>.*)"),
        (Angle.MECHANISM, r"^how (?P<np_do>.+)"),
        (
            Angle.MECHANISM,
            r"\b(?:mechanisms?|workings|inner workings|principles?|science|physics|mathematics|process) (?:of|"
            r"behind|underlying) (?P<x>.+)",
        ),
        (Angle.OVERVIEW, rf"^(?:what|who) {BE} (?P<x>.+)"),
        (Angle.OVERVIEW, r"^(?:what|which|who|where|when|how) (?P<x>.+)"),
    )
)


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What a clause's verb makes of its subject: "the Roman Empire fell" is about the fall of it.
NOMINAL = {
    "fall": "the fall of",
    "collapse": "the collapse of",
    "rise": "the rise of",
    "begin": "the beginning of",
    "start": "the beginning of",
    "fail": "the failure of",
    "spread": "the spread of",
    "decline": "the decline of",
    "end": "the end of",
    "evolve": "the evolution of",
    "form": "the formation of",
    "emerge": "the emergence of",
    "develop": "the development of",
    "grow": "the growth of",
    "succeed": "the success of",
    "expand": "the expansion of",
    "originate": "the origin of",
    "die": "the death of",
    "migrate": "the migration of",
    "come about": "the origin of",
    "disappear": "the disappearance of",
    "explode": "the explosion of",
    "work": "",
    "function": "",
    "operate": "",
    "happen": "",
    "occur": "",
    "exist": "",
    "matter": "",
    "change": "changes in",
    "arise": "the origin of",
}
VERBS = _set(
    """
    achieve affect improve reduce prevent ensure become make makes increase decrease lower help allow lead
    produce create convert turn learn store carry protect generate determine influence keep need require build
    solve treat detect recognise recognize predict avoid overcome address tackle secure scale replace support
    enable cause get take give find move travel survive adapt lose win defend cut raise save balance manage
    handle deal cope adopt integrate implement use apply choose measure verify reach contribute eat sleep fly
    set invent discover conquer defeat replaced grow form limit regulate control fight store compute
    understand attract repel absorb emit reflect bend behave differ depend relate interact communicate
    coordinate cooperate govern agree have mean benefit transform adjust decide respond distribute process
    translate encode decode pump digest heal
    """
)
PREPOSITION = _set(
    """
    for in to at on as than so by with from during after before because since when while under over into among
    within if about
    """
)
DETERMINER = _set("""
    the a an this that these those its their our my your his her some any
    """)
CUT = regex(
    r",? (?:that|which|who|where|while|whereas|without|so that|because|when|in order to|using|by (?=\w+ing)|"
    r"given that|assuming|if|and (?:how|what|why|which|whether|explain|discuss|their|its)|but|"
    r"with (?:particular|special|regard|respect|reference)|in terms of|considering|including|such as|focusing|"
    r"especially|particularly|compared|as well as)\b|[;:(—–]| - |, (?=\w)",
    re.I,
)
TAIL = regex(
    r"\s*(?:,? (?:please|thanks|thank you|in (?:detail|depth|general|practice|simple terms|plain language)|"
    r"step by step|to me|for me|today|these days|"
    r"really|actually|exactly|at (?:a )?(?:high level|length)|overall|and (?:its|their|the))(?=\W*$))+\W*$",
    re.I,
)
WITHOUT = regex(
    r"\bwithout (?:(?:relying|depending|resorting|falling back) (?:on|upon|to)|using|the (?:need|use) (?:for|"
    r"of)|requiring|needing|having|any|an?)?\s*(?P<list>[^.?!;]+)",
    re.I,
)
ORDER = regex(
    r"(?:recommend|suggest|propose|explain|give|include|discuss|describe|compare|provide|outline|tell|list|"
    r"show|make)\b",
    re.I,
)
EMPTY = regex(
    r"^(?:the )?(?:concept|idea|notion|term|topic|subject|phenomenon|question|theory|problem|issue|process|"
    r"world|field|use|area)s? of (?=\w)",
    re.I,
)
