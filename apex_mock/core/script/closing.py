"""What a report ends with: proposals for questions that ask for a design, and open questions by kind of question."""

from dataclasses import dataclass

from apex_mock.core.script.asks import Angle


@dataclass(frozen=True, slots=True)
class Proposal:
    """`words` are what a sentence has to speak of to support the measure."""

    head: str
    text: str
    words: str


_ENGINEERING = (
    Proposal(
        "Say what counts as success.",
        "Before anything is built {aim}, one or two measures are agreed on, together with the value at "
        "which the work is done and the value at which it is stopped.",
        "measure metric score goal accuracy rate test",
    ),
    Proposal(
        "Record the present state.",
        "A week of plain observation gives the baseline that every later change is compared with; without "
        "it, improvements can only be claimed.",
        "measure average data record monitor log",
    ),
    Proposal(
        "Begin with the simplest version.",
        "The first version covers the most common case only and leaves everything unusual to the existing "
        "way of working.",
        "simple common first most case default",
    ),
    Proposal(
        "Change one thing at a time.",
        "Each change is small enough to be understood by itself and to be taken back within a day.",
        "change step version branch small",
    ),
    Proposal(
        "Plan for failure.",
        "For each part, the plan names what happens when it is late, wrong or missing, and the answer is "
        "never that everything stops.",
        "fail error retry fallback timeout late risk",
    ),
    Proposal(
        "Watch it in use.",
        "A few figures are looked at every week by somebody who may stop the rollout, and they are the same "
        "figures that defined success.",
        "monitor observe watch figure latency cost rate",
    ),
    Proposal(
        "Review and simplify.",
        "After a fixed time, whatever has not earned its keep is removed, since parts that nobody needs are "
        "where the next fault hides.",
        "remove review test clean update expire",
    ),
)
_INSTITUTION = (
    Proposal(
        "Turn the goal into claims that can be checked.",
        "As a whole, the aim of {serve} cannot be verified. It is therefore broken down into small claims "
        "about behaviour in stated situations, each of which a test can confirm or refute.",
        "test measure verify score goal reward objective",
    ),
    Proposal(
        "Learn rules from cases instead of writing them down first.",
        "Participants judge concrete cases independently of one another. Where their judgments agree, a rule "
        "is taken to be settled for cases of that kind; where they differ, no rule is claimed.",
        "cases judgments values preferences examples agree human principles",
    ),
    Proposal(
        "Let several independent checkers decide.",
        "Checkers are drawn at random, work without seeing one another's verdicts, and judgments far from "
        "the middle lose weight, so that no single party has the last word.",
        "validator consensus weights median clipping agree independent stake check",
    ),
    Proposal(
        "Make honest work pay.",
        "Rewards follow from results that others have confirmed, deposits are lost when a result proves "
        "false, and gaming the measure must cost more than it brings.",
        "reward incentive stake penalty slashing pay miner emission honest",
    ),
    Proposal(
        "Keep a record that anyone can audit.",
        "Every decision is stored with its inputs and its grounds, in a form that cannot be changed "
        "afterwards, so that errors can be traced and repeated checks give the same result.",
        "ledger record blockchain log audit transparent chain trace accountability",
    ),
    Proposal(
        "Start where mistakes are cheap.",
        "The first trial is limited to a case whose outcome is known, with a written criterion for stopping "
        "and a way back to the state before.",
        "trial test small limit stop error risk safe",
    ),
    Proposal(
        "Let the rules expire.",
        "Each rule is valid for a fixed time and is renewed only if the record shows that it still does what "
        "it was made for.",
        "rule change update govern review amend vote",
    ),
)
PROPOSALS = {False: _ENGINEERING, True: _INSTITUTION}  # by whether many parties are involved

OPEN: dict[Angle, tuple[str, ...]] = {
    Angle.COMPARE: (
        "How would the comparison between {a} and {b} turn out for one concrete case, with its own numbers? "
        "A general comparison cannot say.",
        "The criteria were given equal weight here; whoever has to choose between {a} and {b} will weigh "
        "them differently.",
    ),
    Angle.DESIGN: (
        "The proposal has not been tried. Whether it does what it should {aim} can only be shown by a trial "
        "with criteria that are fixed beforehand.",
        "What would it cost to run, and who would pay? The sources give no figures for this.",
    ),
    Angle.OPTIONS: (
        "Which of the measures works best in a particular case cannot be read from general sources; a short "
        "trial would tell.",
        "How lasting are the results? Most accounts of how to {goal} end soon after the beginning.",
    ),
    Angle.CAUSES: (
        "How much each cause contributed to {x} remains open, because the sources name causes without weighing them.",
        "Would the outcome have been the same if one of the causes had been missing? For {x}, the pages "
        "found do not settle this.",
    ),
    Angle.EFFECTS: (
        "How large the indirect effects of {x} are remains uncertain, since they cannot be separated cleanly "
        "from other changes of the same time.",
        "Over which period should the effects of {x} be judged? A short and a long view may give opposite answers.",
    ),
    Angle.HISTORY: (
        "Dates and first occurrences in the history of {x} depend on definitions, and other accounts may "
        "count them differently.",
        "Whose history is told? The pages on {x} follow the best documented line and may leave out others.",
    ),
    Angle.OUTLOOK: (
        "No date can be given for the next step of {x}; the sources name obstacles, but not how fast they will fall.",
        "Announcements about {x} are easier to find than failures, which makes the picture look brighter "
        "than it may be.",
    ),
    Angle.ASSESS: (
        "The balance depends on circumstances that the question leaves open: for whom, for how long, and "
        "compared with what.",
        "An assessment of {x} rests on what has been measured, and side effects are measured less often than "
        "intended effects.",
    ),
    Angle.MECHANISM: (
        "How much the individual steps vary from case to case was not examined here, although it matters in "
        "practice for {x}.",
        "The account above is simplified; a specialist's treatment of {x} would name exceptions that the "
        "pages found leave out.",
    ),
    Angle.OVERVIEW: (
        "An overview has to choose, and other aspects of {x} may matter more for a particular purpose.",
        "Which of these points about {x} is the most important depends on what the answer is needed for.",
    ),
}
