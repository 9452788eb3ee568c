"""The sides of a question that sets a task, and the plan that each kind of question calls for."""

from apex_mock.core.script.asks import Angle
from apex_mock.core.script.facets import (
    CAUSES,
    DEFINE,
    DOUBTS,
    DRIVERS,
    EFFECTS,
    EXAMPLES,
    FACTS,
    FIGURES,
    HISTORY,
    HOW,
    LIMITING,
    ODDITIES,
    OUTLOOK,
    RELATED,
    STATE,
    WHY,
    Facet,
    cue,
)

LIMITS = Facet(
    (
        "Check the limits and risks of {x}",
        "Look for criticism and weak points of {x}",
        "Test the claims about {x} against counter-evidence",
    ),
    ("Limits, risks and criticism of {x}", "Problems and weak points: {x}", "Limits and open problems of {x}"),
    ("Limits and risks", "Weak points", "What speaks against it"),
    (
        "An honest account includes the cases that do not fit. For {x}, the points to watch are cost, the "
        "assumptions that are made silently, and the "
        "situations in which the usual result does not appear.",
        "Every approach is good at something and pays for it elsewhere. The price attached to {x} often "
        "shows only when the scale grows or the circumstances change.",
    ),
    LIMITING,
    strict=True,
)
FOR = Facet(
    (
        "Collect what speaks for {x}",
        "Find the strongest arguments in favour of {x}",
        "Identify the benefits claimed for {x}",
    ),
    ("Benefits and strengths: {x}", "Arguments in favour of {x}", "Advantages of {x}"),
    ("What speaks for it", "Strengths", "Benefits"),
    (
        "The case in favour of {x} rests on what becomes possible that was not possible before, or not as "
        "cheaply. Benefits count most where they reach those who carry the cost.",
        "A benefit is convincing when it has been seen by people who had no stake in finding it. For {x}, "
        "that is the first thing to ask of any claim.",
    ),
    cue(
        "can|helps?|allows?|better|faster|cheaper|lower|reduces?|improves?|makes|easy|safe|protects?|more|"
        "high|saves?|benefits?|advantages?"
    ),
    strict=True,
)
OPTIONS = Facet(
    (
        "List the options: what can be done to {goal}",
        "Collect methods that are used to {goal}",
        "Survey the ways to {goal}",
    ),
    ("Ways to {goal}", "Methods and practices to {goal}", "Tried approaches to {goal}"),
    ("The options", "What can be done", "Methods that are in use"),
    (
        "The options differ in what they ask for: some cost money, some time, and some only a change of "
        "habit. To {goal}, it is sensible to begin with what is cheap, can be undone "
        "and shows a result early, and to leave the large commitments for later.",
        "Before choosing between ways to {goal}, it helps to say how success would be noticed. A method that "
        "cannot be checked tends to survive whether it works or not.",
    ),
    cue("can|should|use|start|keep|first|best|helps?|often|each|every|try|avoid|begin|practice|by|reduces?"),
    ("First steps and common mistakes when trying to {goal}",),
)
OBSTACLES = Facet(
    (
        "Find out what stands in the way of {serve}",
        "Identify obstacles and common mistakes in {serve}",
        "Learn from attempts at {serve} that failed",
    ),
    (
        "Obstacles and common mistakes when trying to {goal}",
        "What stands in the way of {serve}",
        "Why attempts to {goal} fail",
    ),
    ("Obstacles", "What stands in the way", "Common mistakes"),
    (
        "Where many people want a thing and few have it, something stands in the way. For {serve}, the usual "
        "suspects are habits, the cost at the beginning, and the fact that those who have to "
        "make the effort are not always those who gain by it.",
        "Failed attempts are reported less often than successes. Whoever sets about {serve} does well to ask "
        "those who have given up, because they know the obstacle by name.",
    ),
    LIMITING,
    strict=True,
)
CHOOSE = Facet(
    (
        "Rank the options and say for whom each fits",
        "Decide which measures come first",
        "Turn the findings into an order of work",
    ),
    (
        "Costs, effort and results of ways to {goal}",
        "What works best to {goal}: experience and results",
        "Priorities and order of steps to {goal}",
    ),
    ("What to do first", "Choosing between them", "An order of work"),
    (
        "Not every option fits every case. A short trial on a small scale, with the result written down "
        "beforehand, separates what works here from what worked elsewhere; "
        "after that, the next step is usually plain.",
        "The order matters as much as the choice: first what removes the largest obstacle, then what makes "
        "the rest easier, and last the refinements.",
    ),
    cue("most|best|important|more|less|rule|cheap|costs?|time|results?|effective|depends|need|plan"),
)
WITHOUT = Facet(
    ("Find out how to do without {part}", "Look for ways to avoid {part}", "Search for substitutes for {part}"),
    ("Alternatives to {part}", "Doing without {part}: substitutes and experience", "What can replace {part}"),
    ("Doing without {part}",),
    (
        "The question rules out {part}, and with it the most familiar way. Something else has to do the same "
        "work, so the first thing to look for is a case in which that has already succeeded, "
        "and the second is what it cost.",
        "To do without {part} is a condition that can be checked at every step of an answer: whatever brings "
        "it back under another name does not count as a solution.",
    ),
    cue("without|instead|no central|rather than|independent|anyone|each|many|agree|alternative|replace|own"),
    about="{part}",
)
PART = Facet(
    ("Look into {part}", "Examine {part}", "Find out what is known about {part}"),
    ("What is known about {part}{in_x}", "Facts and findings: {part}{in_x}", "Background on {part}{in_x}"),
    ("{Part}",),
    (
        "This part of the question, {part}, deserves a look of its own, since an answer that passes over it "
        "would only be half an answer. The point to settle is "
        "what depends on it and what would change without it.",
        "For {part}, the useful approach is to ask what is known with certainty, what is merely plausible, "
        "and which single observation would decide between the two.",
        "As to {part}, it helps to separate the principle from its practice: the first can be argued, the "
        "second has to be observed.",
        "The question also names {part}. Here the circumstances decide more than the principle, so a "
        "concrete case is the best guide.",
    ),
    cue("is|are|can|because|when|so"),
    about="{part}",
)
BUILDING = Facet(
    (
        "Collect existing mechanisms that could serve {serve}",
        "Search for tried building blocks for {serve}",
        "See how comparable systems solve parts of {serve}",
    ),
    (
        "Existing mechanisms and incentives for {serve}",
        "Verification, rules and feedback in systems comparable to {x}",
        "Tried designs and building blocks for {serve}",
    ),
    ("Building blocks that exist", "What can be reused", "Lessons from existing systems"),
    (
        "Few designs start from nothing. For {serve}, the parts worth borrowing are those that have run for "
        "years somewhere else, because their limits are known and "
        "their failures have been described.",
        "Existing systems are useful less as models than as experiments that somebody else has paid for: "
        "they show which rules are kept and which are bent as soon as it pays.",
    ),
    cue(
        "rules?|reward|incentives?|checks?|verify|agree|consensus|vote|score|weights?|measure|test|each|"
        "penalt|trust|system"
    ),
    ("Known failures of systems such as {x} and what they teach",),
)
STRESS = Facet(
    (
        "Test the draft against its constraints and likely failures",
        "Look for ways in which the design could fail",
        "Examine attacks, loopholes and running costs",
    ),
    (
        "Failure modes, loopholes and costs: {x}",
        "Risks and limits of designs for {serve}",
        "Attacks, errors and weak points: {x}",
    ),
    ("Where it could fail", "Failure modes", "Risks of the design"),
    (
        "A design is only as good as its worst day. The failures to expect are of three kinds: the rule "
        "measures something close to the goal but not the goal itself; "
        "a part that nobody watches stops working; and the cost of running the whole grows faster than the benefit.",
        "It is worth asking of every rule how somebody would profit from keeping its letter and breaking its "
        "purpose. Where the answer is easy, the rule has to change.",
    ),
    LIMITING,
    strict=True,
)
SIDE_A = Facet(
    ("Describe {a} by itself", "Establish the main facts about {a}", "Set out the properties of {a}"),
    ("Main facts and properties: {a}", "How it works and what it offers: {a}", "Background on {a}"),
    ("{A}",),
    (
        "On the side of {a}, the first thing to establish is the purpose, because most of the strengths and "
        "costs follow from it. A comparison that skips this step tends to blame "
        "one side for not being the other.",
    ),
    cue("is|are|uses?|works|means|each|by"),
    about="{a}",
)
SIDE_B = Facet(
    ("Describe {b} in the same way", "Establish the main facts about {b}", "Set out the properties of {b}"),
    ("Main facts and properties: {b}", "How it works and what it offers: {b}", "Background on {b}"),
    ("{B}",),
    (
        "On the side of {b}, the same questions apply: purpose, cost, and the experience of those who have "
        "worked with it for long enough to judge.",
    ),
    cue("is|are|uses?|works|means|each|by"),
    about="{b}",
)
CONTRAST = Facet(
    (
        "Compare {a} and {b} point by point",
        "Set {a} against {b} on the same criteria",
        "Work out what separates {a} from {b}",
    ),
    ("Differences between {a} and {b}", "Direct comparison: {a} versus {b}", "{A} compared with {b}"),
    ("Point by point", "What sets them apart", "The main differences"),
    (
        "A comparison is fair when both sides answer the same questions. For {a} and {b}, these are the "
        "purpose, the cost at the beginning and in the long run, the "
        "behaviour under bad conditions, and how hard it is to change one's mind later.",
    ),
    cue("than|while|whereas|unlike|differs?|difference|both|instead|compared|more|less|but|faster|slower|higher|lower"),
)
WEIGH = Facet(
    (
        "Weigh the trade-offs between {a} and {b}",
        "Find out when {a} and when {b} fit better",
        "Collect the costs and limits on both sides",
    ),
    (
        "Costs, limits and trade-offs: {a} or {b}",
        "When to choose {a} and when {b}",
        "Strengths and weaknesses of {a} and {b}",
    ),
    ("Trade-offs", "When to choose which", "Costs and limits"),
    (
        "Which of the two fits depends on what is scarce. Where time is scarce, the side that is simpler to "
        "begin with has the advantage; where mistakes are expensive, the "
        "side that is better understood; and where needs will change, the side that is easier to leave.",
    ),
    LIMITING,
    strict=True,
)

# For each kind of question: what its plan always holds, and what it may hold beside. Both in the plan's order.
PLANS: dict[Angle, tuple[tuple[Facet, bool], ...]] = {
    Angle.COMPARE: ((SIDE_A, True), (SIDE_B, True), (CONTRAST, True), (PART, False), (FIGURES, False), (WEIGH, True)),
    Angle.DESIGN: ((DEFINE, True), (PART, True), (WITHOUT, True), (BUILDING, True), (EXAMPLES, False), (STRESS, True)),
    Angle.OPTIONS: (
        (DEFINE, False),
        (OPTIONS, True),
        (PART, False),
        (WITHOUT, True),
        (EXAMPLES, False),
        (OBSTACLES, True),
        (CHOOSE, True),
    ),
    Angle.CAUSES: ((DEFINE, True), (CAUSES, True), (PART, False), (HISTORY, False), (FIGURES, False), (WHY, True)),
    Angle.EFFECTS: ((DEFINE, True), (EFFECTS, True), (PART, True), (FIGURES, False), (DOUBTS, True)),
    Angle.HISTORY: (
        (DEFINE, False),
        (HISTORY, True),
        (PART, False),
        (DRIVERS, True),
        (FIGURES, False),
        (EFFECTS, True),
    ),
    Angle.OUTLOOK: ((DEFINE, True), (STATE, True), (PART, False), (FIGURES, False), (OUTLOOK, True)),
    Angle.ASSESS: ((DEFINE, True), (FOR, True), (PART, False), (LIMITS, True), (FIGURES, False), (RELATED, False)),
    Angle.MECHANISM: ((DEFINE, True), (HOW, True), (PART, False), (FIGURES, False), (ODDITIES, True)),
    Angle.OVERVIEW: (
        (DEFINE, True),
        (FACTS, True),
        (PART, False),
        (HOW, False),
        (HISTORY, False),
        (EXAMPLES, False),
        (ODDITIES, True),
    ),
}
