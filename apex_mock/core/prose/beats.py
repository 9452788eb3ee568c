"""The beats of a story, each told in several ways.

{name}, {hero} ("a cosmonaut"), {role}, {she}, {her}, {hers} (possessive),
{wish} ("learn to paint"), {doing} ("learning to paint"), {place} ("on the edge of a small town") are filled in.
"""

PLACES: dict[str, tuple[str, ...]] = {
    "sea": (
        "in a harbour town where the wind never quite stopped",
        "on an island with one road and two boats",
        "at the end of a long stone pier",
    ),
    "space": (
        "on a small station high above the Earth",
        "at the edge of a quiet launch town",
        "in a cabin with one round window full of stars",
    ),
    "code": (
        "on the fourth floor of an office that smelled of coffee",
        "in a workshop full of humming machines",
        "at a desk under the stairs",
    ),
    "nature": (
        "at the edge of an old forest",
        "in a valley that the road forgot",
        "beside a river that changed its mind every spring",
    ),
    "city": (
        "in a street so narrow that neighbours shared their clotheslines",
        "above a tram stop in a busy city",
        "in a house squeezed between two taller ones",
    ),
    "food": (
        "in a kitchen with a stove that was never cold",
        "behind a bakery that opened at four",
        "in a village known for its bread",
    ),
    "general": (
        "in a town that appeared on only one map",
        "in a house at the end of a long lane",
        "on the edge of a small town",
        "in a village between two hills",
        "near a railway line that few trains still used",
    ),
}

BEATS: dict[str, tuple[str, ...]] = {
    "opening": (
        "There was once {hero} called {name}, who lived {place}. People there were friendly and busy, and "
        "most of them thought they knew {name} well. What none of them knew was how much time {she} spent on "
        "one idea: {doing}.",
        (
            "{Name} had been {hero} for as long as anybody could remember. {Place} the days were much alike, and "
            "{she} liked it that way, until one evening, for no reason {she} could name, {she} began to think "
            "about {doing}."
        ),
        (
            "Nobody would have guessed it, least of all {name}. {She} was {hero}, {she} lived {place}, "
            "and {hers} days had their order. Then, one grey morning, an idea came in with the draught under the "
            "door and would not leave: {doing}."
        ),
        (
            "On the day this story begins, {name} was late, which was unusual. {Hero} is expected to be on time, "
            "above all {place}. But {she} had lain awake half the night, thinking about {doing}, and had slept "
            "through the bell."
        ),
        (
            "{Place}, in those years, you could have met {name}. {She} was {hero}, quiet and exact, with a "
            "notebook in one pocket. On its first page stood a single line, underlined twice: {doing}."
        ),
    ),
    "wish": (
        "It was not that anything was missing. {Hers} work was good, and {she} did it well. But whenever the "
        "day grew quiet, the thought was there again, patient as a dog at the door. “I will {wish},” {she} "
        "said at last, aloud, and was surprised by how calm it sounded.",
        (
            "{She} told one person, an old friend, who laughed, though not unkindly. “At your age? With your "
            "hands?” {Name} shrugged. “I only want to {wish}. I did not say that I would be good at it.”"
        ),
        (
            "{She} made a list of reasons against it. It was a long list, carefully written. Then {she} made a "
            "list of reasons for it, and there was only one: {she} wanted to {wish}. {She} read both lists twice "
            "and threw the long one away."
        ),
        (
            "That week {she} began in secret, an hour before work and an hour after. To {wish} turned out to "
            "need less courage than {she} had feared and far more patience than {she} had."
        ),
    ),
    "attempt": (
        "The first attempt was a disaster. The second was worse, because this time {she} had expected "
        "better. {She} put everything into a box, pushed the box under the bed, and lasted four days "
        "before {she} pulled it out again.",
        (
            "At first nothing went right. {She} did everything as the book said, step by step, and what came out "
            "looked nothing like the pictures. “Well,” said {name} to the empty room, “now I know one way that "
            "does not work.” By the end of the month {she} knew eleven."
        ),
        (
            "{She} worked slowly. Some evenings {she} only sat and looked. There were small victories, so small "
            "that nobody else would have noticed them, and {she} wrote each of them down with its date."
        ),
        (
            "For weeks {she} copied what others had done, and for weeks it felt like walking in borrowed shoes. "
            "Then one night {she} made a mistake and liked it better than everything {she} had done right."
        ),
    ),
    "trouble": (
        "Then came the winter, and with it the trouble. The lamp broke, the money ran short, and a letter "
        "arrived that said, in polite words, that {she} should think of more sensible things. {Name} read it "
        "standing up. That evening {she} did not begin at all.",
        (
            "Of course word got round. Some came to look, and some came to smile. One man, who had never made "
            "anything in his life, explained at length why it could not succeed. {Name} thanked him, closed the "
            "door, and sat for a long time in the dark."
        ),
        (
            "And then, when it was almost going well, one careless moment undid the work of months. {Name} stood "
            "before what was left of it and could not even be angry. “So that is that,” {she} said."
        ),
        (
            "The hardest part was not failing. It was the long flat stretch after it, when {she} was no longer a "
            "beginner and not yet anything else. More than once {she} caught {hers} own face in the window and "
            "thought: who asked you to do this?"
        ),
    ),
    "turn": (
        "It was a child who changed things. She had wandered in from the road, and she looked for a while at "
        "what {name} was doing, very seriously. “You are holding your breath,” she said. “When I hold my "
        "breath, I can't do anything either.” {Name} laughed, breathed out, and tried once more.",
        (
            "Help came from where {she} had not looked for it. The neighbour who never spoke knocked one night, "
            "put a parcel on the table, and said, “My mother used to do this. I kept her things. I think I was "
            "keeping them for you.” Inside lay everything that {she} had needed from the start."
        ),
        (
            "That night {she} dreamed of {hers} grandmother, who had mended nets. “You pull too hard,” the old "
            "woman said in the dream. “A knot is only a thread that was hurried.” In the morning {name} began "
            "again, and for the first time {she} was in no hurry at all."
        ),
        (
            "What turned it was a small thing. Clearing up, {she} found {hers} very first attempt at the bottom "
            "of a drawer and set it beside the latest. {She} looked from one to the other for a long time. The "
            "distance between them was as wide as a year, and {she} had walked all of it."
        ),
    ),
    "rise": (
        "After that it went the way ice goes in March: nothing for days, and then everything at once. {Hers} "
        "hands knew things before {she} did. {She} forgot to eat, remembered, laughed at it, and went on.",
        (
            "From then on {she} kept the door open. People stopped to ask, and {she} found that explaining a "
            "thing was the best way to understand it. By the time the days grew longer, two of them had begun to "
            "try it for themselves."
        ),
        (
            "{She} no longer counted the hours. Somewhere between the last frost and the first warm "
            "evening {she} noticed that {she} had stopped asking whether it was good, and had begun to ask only "
            "what came next."
        ),
    ),
    "end": (
        "In the end there was no great moment, no music and no crowd. There was only an evening like many "
        "others, {place}, and {name}, who looked at what {she} had done and saw that it was finished. {She} "
        "switched off the lamp. Then {she} switched it on again, to have one more look.",
        (
            "Years later people would ask how it had been possible, and {name} always said the same: “I began, "
            "and then I did not stop.” It was not quite true, for {she} had stopped many times. But {she} had "
            "always left the door ajar."
        ),
        (
            "When an old friend came to visit, {name} said nothing and only stepped aside. The friend looked for "
            "a long while. “So that is what you meant,” she said at last. And {name}, who had waited a whole "
            "year for those words, found that {she} no longer needed them, and put the kettle on."
        ),
        (
            "The next morning {she} went to work as usual, {hero} among others, on time again. But {she} walked "
            "differently, people said, as somebody walks who has a key in a pocket and knows exactly which door "
            "it opens."
        ),
        (
            "That night {name} took out an old notebook. On its first page stood the plan in a single line, "
            "underlined twice. {She} took a pencil, thought for a moment, and did not cross it out. {She} turned "
            "the page instead and wrote a new one."
        ),
    ),
}
