"""An answer that shows how it was reached: understand, recall, work out, check, then the answer itself."""

import re
from random import Random

from apex_mock.core.prose import sums
from apex_mock.core.prose.ask import Ask, Kind
from apex_mock.core.prose.ground import answers, distinct, said_about
from apex_mock.core.prose.library import Library
from apex_mock.core.prose.style import prose_sentences
from apex_mock.core.prose.words import clip, join, telling

_TASKS = {
    Kind.STORY: "a story",
    Kind.DRAFT: "a text that can be sent",
    Kind.POEM: "a poem",
    Kind.HAIKU: "a haiku of five, seven and five syllables",
    Kind.JOKE: "a joke",
    Kind.CODE: "code that runs as it stands",
    Kind.SUMMARY: "a summary that is shorter than its source",
    Kind.LIST: "a list",
    Kind.HOW_TO: "instructions in order",
    Kind.COMPARISON: "a comparison of two things",
    Kind.TRANSLATION: "a translation",
    Kind.EXPLANATION: "an explanation",
    Kind.REWRITE: "a rewritten text",
    Kind.CLASSIFY: "a label for a text",
    Kind.YES_NO: "a yes or a no",
}
_PLANS = {
    Kind.STORY: (
        "A story needs a hero, a wish, something in the way, and a change at the end.",
        ("I take the hero from the request, let the first attempts fail, and let help come from an unexpected side."),
    ),
    Kind.POEM: (
        "A poem of a few four-line stanzas with alternating rhymes suits the request.",
        "Each stanza gets one picture, and the last one turns towards the reader.",
    ),
    Kind.HAIKU: (
        "A haiku has three lines and shows one moment rather than explaining it.",
        "The first line sets the picture, the second moves it, and the third leaves it open.",
    ),
    Kind.JOKE: (
        "A joke sets up an expectation and breaks it in the last words.",
        "It should be short, harmless and on the topic.",
    ),
    Kind.CODE: (
        "The task calls for one small function with clear input and output.",
        "I choose the plainest method that is right, and add an example call that shows the result.",
    ),
    Kind.TRANSLATION: (
        "The meaning and the tone matter more than the single words.",
        "I look for the phrase that a native speaker would use.",
    ),
}


def reasoned(ask: Ask, text: str, shelf: Library, random: Random) -> str:
    """The steps that lead to `text`, and `text` as the answer."""
    steps = [
        f"**Step 1: {random.choice(('Understand the question', 'What is being asked'))}.** {_understand(ask)}",
        f"**Step 2: {random.choice(('Recall what is known', 'Gather what is known'))}.** {_recall(ask, text, shelf)}",
        f"**Step 3: {random.choice(('Work it out', 'Put it together'))}.** {_work(ask, text, shelf, random)}",
        f"**Step 4: {random.choice(('Check', 'Check the result'))}.** {_check(ask, text, random)}",
    ]
    between = "\n\n" if "\n" in text else " "
    return "\n\n".join([*steps, f"**Answer:**{between}{text}"])


def _understand(ask: Ask) -> str:
    if ask.kind is Kind.ARITHMETIC:
        found = sums.arithmetic(ask.subject)
        return f"A number is asked for: the value of {found[0] if found else ask.subject}."
    subject = clip(ask.subject, 80)
    if ask.kind in (Kind.QUESTION, Kind.READING, Kind.YES_NO):
        what = (
            "a yes or a no"
            if ask.kind is Kind.YES_NO
            else next((said for cue, said in _WANTED if re.search(cue, ask.text, re.I)), "an answer to the point")
        )
        terms = _terms(ask)
        return f"The question asks for {what}" + (f"; the words that decide are {join(terms)}." if terms else ".")
    task = _TASKS.get(ask.kind, "a reply")
    if ask.sides:
        return f"The request is for {task}, {ask.sides[0]} on one side and {ask.sides[1]} on the other."
    return f"The request is for {task}" + (
        f" about {subject}." if subject and ask.kind not in (Kind.CODE, Kind.SUMMARY) else "."
    )


_WANTED = (
    (r"\bwhen\b|\bwhat year\b", "a point in time"),
    (r"\bwho\b", "a person"),
    (r"\bwhere\b", "a place"),
    (r"\bwhy\b", "a reason"),
    (
        r"\b(?:population|number|height|length|distance|speed) of\b|\bhow (?:many|much|far|tall|long|high|old|"
        r"deep|fast|big|large)\b",
        "a figure",
    ),
    (r"\bcapital\b", "the name of a city"),
    (r"\bhow\b", "the way something works"),
    (r"^what (?:is|are|was|were)\b", "what something is"),
)


def _terms(ask: Ask) -> list[str]:
    wanted = set(ask.wanted)
    words = [w for w in re.findall(r"[^\W_]+(?:-[^\W_]+)*", ask.text) if set(telling(w)) & wanted]
    return [f"“{w}”" for w in dict.fromkeys(words)][:4]


def _recall(ask: Ask, text: str, shelf: Library) -> str:
    if ask.kind is Kind.ARITHMETIC:
        return (
            "Brackets come first, then powers, then multiplication and division from left to right, then "
            "addition and subtraction."
        )
    if ask.kind in _PLANS:
        return _PLANS[ask.kind][0]
    if (
        ask.kind in (Kind.SUMMARY, Kind.REWRITE, Kind.CLASSIFY, Kind.EXTRACT, Kind.READING, Kind.CONTINUE)
        and ask.source
    ):
        return f"The text has {len(ask.source.split())} words. It begins: “{clip(ask.source, 90)}”."
    lines = [hit.line for hit in answers(ask, shelf)] or said_about(ask, shelf, 6)
    chosen = distinct([line for line in lines if line.alone])[:2]
    if chosen:
        return " ".join(line.text for line in chosen)
    return "No single fact settles this, so general knowledge about questions of this kind has to carry the answer."


def _work(ask: Ask, text: str, shelf: Library, random: Random) -> str:
    if ask.kind is Kind.ARITHMETIC and (found := sums.arithmetic(ask.subject)):
        return f"Carrying out the operations in that order, {found[0]} comes to {found[1]}."
    if ask.kind in _PLANS:
        return _PLANS[ask.kind][1]
    if ask.kind in (Kind.QUESTION, Kind.YES_NO, Kind.READING):
        first = next((s for s in prose_sentences(text) if len(s.split()) > 2), text)
        if ask.kind is not Kind.READING and not answers(ask, shelf):
            return "Since nothing certain is at hand, the honest answer says what it depends on and where to look."
        return (
            random.choice(
                (
                    "The first of these bears directly on the question. ",
                    "Of what is known, one statement answers the question as it was put. ",
                )
            )
            + f"It comes down to this: {first}"
        )
    if ask.kind is Kind.LIST:
        return f"I choose {ask.count or 5} points that differ from each other and put one on each line."
    if ask.kind is Kind.COMPARISON:
        return (
            "I take the main difference first, then each side by itself, so that neither is described in the "
            "other's terms."
        )
    if ask.kind is Kind.HOW_TO:
        return "The steps have to stand in the order in which they are done, each of them with one action."
    return "I begin with what the subject is, go on to how it works, and keep to what is certain."


def _check(ask: Ask, text: str, random: Random) -> str:
    if ask.kind is Kind.ARITHMETIC:
        return "Doing the sum again in another order gives the same value."
    if ask.kind is Kind.HAIKU:
        return "Counting the syllables of each line gives five, seven and five."
    if ask.kind is Kind.LIST:
        return f"There are {len(re.findall(r'^(?:[-*]|[0-9]+[.])', text, re.M)) or 1} items, as many as were asked for."
    words = len(text.split())
    held = [t for t in _terms(ask) if t.strip("“”").lower() in text.lower()]
    if held and ask.kind in (Kind.QUESTION, Kind.YES_NO, Kind.EXPLANATION):
        return f"The answer speaks of {join(held)}, so it stays with what was asked. " + random.choice(
            ("Nothing recalled contradicts it.", "It agrees with the facts above.")
        )
    return f"The result has {words} words and keeps to the request. " + random.choice(
        ("Nothing in it goes beyond what is known.", "It can stand as it is.")
    )
