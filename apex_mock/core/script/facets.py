"""The sides from which a subject can be looked at.

Texts are templates: {x} is the subject, {y} what it bears on, {a} and {b} are the sides of a comparison, {part} is one
phrase of the question, {goal} a verb phrase. A subject may be one thing or many, so no verb stands next to it.
"""

import re
from dataclasses import dataclass

from apex_mock.core.regex import regex


@dataclass(frozen=True, slots=True)
class Facet:
    """`plan` is the line of the to-do list, `seek` what is searched for, `also` a second search, `head` the section's
    heading, `frame` what can be said without a source; `cue` marks the sentences that fit."""

    plan: tuple[str, ...]
    seek: tuple[str, ...]
    head: tuple[str, ...]
    frame: tuple[str, ...]
    cue: re.Pattern[str]
    also: tuple[str, ...] = ()
    about: str = "{x}"
    strict: bool = False  # whether only sentences with the cue belong there


def cue(words: str) -> re.Pattern[str]:
    return regex(rf"\b(?:{words})\b", re.I)


_FIGURES = regex(r"\d|\b(?:half|double|twice|per ?cent|third|quarter|million|billion|thousand)\b", re.I)
LIMITING = cue(
    r"but|however|although|limits?|limited|cannot|can't|risks?|costs?|problems?|disadvantages?|drawbacks?|"
    r"expensive|hard|harm|attacks?|threats?|"
    r"harder|difficult|weak|weakness|fails?|failed|failures?|unless|wrong|dangers?|dangerous|errors?|slow|"
    r"slower|loses?|losses|too|damage|conflict|nobody|hardly"
)
_ODD = cue(
    r"but|however|although|except|unlike|instead|some|only|rare|rarely|variant|variants|not all|exceptions?|"
    r"unknown|still|sometimes|other|another|cannot|limit|limits|although"
)
_CAUSES = cue(
    r"because|causes?|caused|due to|therefore|leads? to|led to|as a result|drives?|driven|comes? from|"
    r"reasons?|why|depends|blamed|weakened|"
    r"pressure|collapse|crisis|lost|raises?|pushe[sd]|explains?|explanation|so that|if"
)
_CHANGE = cue(
    r"century|centuries|began|begun|first|invented|discovered|founded|introduced|later|until|early|ancient|"
    r"born|19\d\d|20\d\d|1\d{3}|\d+ BCE?"
)

DEFINE = Facet(
    ("Pin down what is meant by {x}", "Establish the basics of {x}", "Clarify the terms around {x}"),
    ("Definition and basic facts: {x}", "Background on {x} and the key terms", "Introduction to {x}"),
    ("Background", "The basics", "What is meant"),
    (
        "Any answer about {x} has to begin with the words themselves. The same expression is often used for "
        "a narrow, "
        "technical thing and for the whole field around it, and many disagreements dissolve once it is clear "
        "which of the two is meant.",
        "It pays to settle the terms first. In what follows, {x} should be read in the ordinary sense of the "
        "words, and "
        "wherever a source uses them more narrowly, its claims hold only for that narrower sense.",
    ),
    cue("is|are|means|called|consists|known as|refers"),
)
FACTS = Facet(
    ("Collect the main facts about {x}", "Gather the key findings on {x}", "Find out what matters most about {x}"),
    ("Main facts about {x}", "Key findings: {x}", "What matters most about {x}"),
    ("Main findings", "Key facts", "The main points"),
    (
        "Facts are easy to collect and hard to weigh. For {x}, those that several independent sources repeat "
        "are the safest to build on, and those that only one source gives deserve a question mark.",
        "What matters most about {x} depends on the purpose. A reader who has to decide something needs "
        "other facts than one who wants to understand.",
    ),
    cue("most|main|important|every|all|largest|first|about|half"),
)
HOW = Facet(
    (
        "Follow the mechanism behind {x} step by step",
        "Work out the inner workings of {x}",
        "Trace the process behind {x} from start to finish",
    ),
    (
        "Mechanism behind {x}, step by step",
        "Inner workings of {x}: parts and processes",
        "How the process works in detail: {x}",
    ),
    ("The mechanism", "How it works", "Step by step"),
    (
        "The way to understand a mechanism is to follow it from one end to the other: what goes in, what is "
        "done to it, and "
        "what comes out. For {x} this means naming the parts, saying what each of them contributes, and "
        "finding the one step "
        "without which the rest would stop.",
        "A mechanism is explained when each step makes the next one unsurprising. With {x}, the step that "
        "deserves the most attention is "
        "the one that would be hardest to replace, since everything else is arranged around it.",
    ),
    cue("when|then|into|by|through|each|so that|turns?|passes|moves|carries|becomes|works|after|uses|produces|process"),
    ("The parts involved in {x} and what each contributes",),
)
CAUSES = Facet(
    (
        "Collect the proposed causes of {x}",
        "Find the immediate and the deeper causes of {x}",
        "List the explanations given for {x}",
    ),
    ("Causes of {x} and the evidence for each", "Explanations for {x}", "Reasons behind {x}"),
    ("Causes", "Why it happens", "The main explanations"),
    (
        "A question about causes usually has more than one answer. There is an immediate trigger, and behind "
        "it stand the conditions that let the "
        "trigger work; an explanation of {x} that names only one of the two is incomplete.",
        "To call something a cause of {x}, three things are needed: it came first, it varies together with "
        "the outcome, and there is a plausible path "
        "from the one to the other. Most popular explanations satisfy one or two of these conditions.",
    ),
    _CAUSES,
    ("Conditions and background that made {x} possible",),
)
WHY = Facet(
    (
        "Weigh the explanations against each other",
        "Check the explanations against the evidence",
        "See how far each explanation carries",
    ),
    (
        "Evidence for and against the explanations of {x}",
        "Weighing the causes of {x}",
        "Evidence on {x} and open debates",
    ),
    ("Weighing the explanations", "The evidence", "How far the explanations carry"),
    (
        "Explanations of {x} are not all of the same kind. Some name what set things off, others what had "
        "been building up, and the two do not compete. They compete only where one says that the other would "
        "have made no difference.",
        "A good test for an explanation of {x} is the counter-example: a case with the same cause and "
        "another outcome, or with the same outcome and without the cause.",
    ),
    cue(
        "evidence|shows?|showed|but|although|however|scientists|measured|observed|because|in fact|blamed|"
        "debated?|explanations?|theory|predicted|explains?|disputed|argue|myth"
    ),
    strict=True,
)
EFFECTS = Facet(
    (
        "Gather the effects of {x}{on_y}",
        "Identify what {x} changed or may change{for_y}",
        "Map the consequences of {x}{on_y}",
    ),
    ("Effects of {x}{on_y}", "Consequences of {x}{for_y}", "Impact of {x}{on_y}: what is documented"),
    ("Effects", "Consequences", "What changes"),
    (
        "Effects are best sorted by how direct they are. The first circle holds what {x} does by its nature; "
        "the second, how people and "
        "institutions adapt to it; the third, what follows from their adaptation. The evidence tends to be "
        "strong for the first circle and thin for the third.",
        "Two questions keep a discussion of effects honest. What would have happened without {x}? And who or "
        "what bears the cost where the effect is not welcome?",
    ),
    cue(
        "leads? to|led to|increase[sd]?|reduce[sd]?|allow(?:s|ed)?|as a result|spread|changed?|became|"
        "effects?|impacts?|cause[sd]?|breaks?|broken|threat|threatens?|consequences?|harm|benefit|replaced?|"
        "cheaper|faster|remedy"
    ),
    ("Who is affected by {x}, and how soon",),
)
DOUBTS = Facet(
    (
        "Check how certain these effects are",
        "Look for limits and counter-evidence",
        "Test the claims against doubts and exceptions",
    ),
    (
        "Doubts and limits: the effects of {x}{on_y}",
        "Limits, risks and open problems of {x}",
        "Evidence for and against the effects of {x}",
    ),
    ("Limits and doubts", "How certain this is", "What limits the effects"),
    (
        "Not every change that follows an event is caused by it. For {x}, a claim about effects is strong "
        "when it says how large they were, in which places they did not occur, and how that was found out.",
        "Large effects of {x} would leave traces in several independent records. Where only one kind of "
        "record speaks of them, caution is in order.",
    ),
    LIMITING,
    strict=True,
)
HISTORY = Facet(
    ("Reconstruct the history of {x}", "Put the main dates of {x} in order", "Find out how {x} came about"),
    ("History of {x}: origins and first steps", "Timeline of {x} with dates", "Origins of {x}"),
    ("History", "How it came about", "Origins and turning points"),
    (
        "Histories are often told as a line of single inventions or events. More often several people worked "
        "on the same problem, an early version went "
        "unnoticed, and a later one spread because the surroundings had changed. The history of {x} is best "
        "read with that in mind.",
        "Dates give a history its skeleton, and the reasons between them give it sense. For {x}, the useful "
        "turning points are those after which "
        "something could be done, or could no longer be done.",
    ),
    _CHANGE,
    ("People and turning points in the history of {x}",),
    strict=True,
)
DRIVERS = Facet(
    (
        "Find out what drove the changes",
        "Look for the forces behind the changes",
        "Explain why things changed when they did",
    ),
    (
        "What drove the changes in {x}",
        "Causes and conditions of the changes in {x}",
        "Needs and inventions that shaped {x}",
    ),
    ("What drove the changes", "The forces behind it", "Why things changed"),
    (
        "Changes have a cause that starts them and conditions that let them last. In the case of {x}, the "
        "second kind is told less often, although without it the first would have been forgotten.",
        "It is tempting to read a history backwards, as if everything had aimed at the present. For {x}, it "
        "is fairer to ask at each point what people needed and what they could afford.",
    ),
    _CAUSES,
)
FIGURES = Facet(
    (
        "Collect figures and measurements on {x}",
        "Look for data that puts numbers on {x}",
        "Check the quantitative evidence on {x}",
    ),
    ("Figures and measurements: {x}", "Data on {x}: numbers, sizes and rates", "Measured values for {x}"),
    ("What the figures say", "Evidence in numbers", "Measurements"),
    (
        "A figure is worth as much as the way in which it was obtained. For {x} it matters what was counted, "
        "over which period and by whom, and two "
        "figures that differ may both be right for different definitions.",
        "Numbers on {x} should be compared with something: with an earlier year, with a neighbouring case, "
        "or with what chance alone would give. "
        "A single value without such a measure says little.",
    ),
    _FIGURES,
    strict=True,
)
EXAMPLES = Facet(
    ("Look for concrete cases of {x}", "Find examples of {x} in practice", "Examine practical experience with {x}"),
    ("Examples of {x} in practice", "Practical applications and use cases: {x}", "Cases and experience with {x}"),
    ("In practice", "Examples", "Practical experience"),
    (
        "Concrete cases show more than general statements. A good case of {x} is one in which the "
        "circumstances are known well enough to say what would have to be "
        "different elsewhere.",
        "Practice tends to differ from the plan in small things that add up. Whoever has worked with {x} for "
        "some time knows which details take the effort, and "
        "such reports deserve more weight than first impressions.",
    ),
    cue("example|used|uses|for instance|such as|in practice|people|today|can|common|typical|most"),
)
ODDITIES = Facet(
    (
        "Look for variants, exceptions and open questions about {x}",
        "Check which exceptions and less known sides {x} may have",
        "Collect variants and special cases of {x}",
    ),
    (
        "Variants, exceptions and open questions: {x}",
        "Less known facts about {x}",
        "Special cases and open questions: {x}",
    ),
    ("Variants and exceptions", "Less obvious points", "Further findings"),
    (
        "Exceptions are instructive because they show which part of an explanation is essential. For {x}, "
        "the cases to look for are those in which a condition that is usually met is missing.",
        "Beside the usual account of {x} there are variants, and the line between the two is not always "
        "drawn in the same place.",
    ),
    _ODD,
    strict=True,
)
STATE = Facet(
    ("Establish the current state of {x}", "Find the most recent results on {x}", "Review recent progress on {x}"),
    ("Current state of {x} and recent progress", "Recent results and milestones: {x}", "Latest developments in {x}"),
    ("Where things stand", "Recent progress", "The present state"),
    (
        "Reports of progress deserve a second look: a demonstration, a product and a habit are three "
        "different stages, and news seldom says which one is meant. For {x}, "
        "the honest measure is what can be repeated by somebody else.",
        "The present state of {x} is easiest to judge by what has become routine. What still needs a press "
        "release is, as a rule, not yet routine.",
    ),
    regex(
        r"\b20[12]\d\b|\b(?:today|now|recent|current|have|yet|several|record|reached|achieved|first|demonstrated|"
        r"announced|new)\b",
        re.I,
    ),
    strict=True,
)
OUTLOOK = Facet(
    (
        "Weigh what would have to happen next for {x}",
        "Identify the obstacles that decide the future of {x}",
        "Assess how {x} may develop",
    ),
    ("Obstacles and next steps for {x}", "Outlook for {x}: open problems", "Challenges that remain for {x}"),
    ("Outlook", "What comes next", "What decides the future"),
    (
        "Forecasts age badly, but obstacles can be named. The future of {x} depends less on the date of the "
        "next breakthrough than on whether the known obstacles "
        "become cheaper to overcome year by year.",
        "Three paths are worth keeping in mind for {x}: things go on as they are, a known obstacle falls, or "
        "something else does the same job better. Each would be visible in different signs.",
    ),
    cue(
        "will|would|could|may|needs?|still|not yet|challenge|problem|future|expected|goal|plan(?:s|ned)?|"
        "requires?|must|cost"
    ),
    strict=True,
)
RELATED = Facet(
    (
        "Place {x} among its alternatives",
        "Compare {x} with neighbouring approaches",
        "Look at what {x} can be compared with",
    ),
    (
        "Alternatives to {x} and how they differ",
        "Comparison of {x} with related approaches",
        "Related subjects: {x} in context",
    ),
    ("In context", "Neighbouring approaches", "Alternatives"),
    (
        "Nothing is understood in isolation. Setting {x} beside one or two alternatives shows which "
        "properties are special and which are common to the whole family.",
        "The fair comparison for {x} is with what would be used otherwise, and not with an ideal that nobody has.",
    ),
    cue("than|unlike|while|whereas|instead|compared|both|other|others|alternative|similar|differs?|different"),
    strict=True,
)
