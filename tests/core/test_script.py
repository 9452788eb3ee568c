"""What a research job writes: wire.md's headings in wire.md's order, sources that were found, and a readable answer."""

import re
import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apex_mock import fixtures
from apex_mock.core import retrieval, script
from apex_mock.core.miners import Network
from apex_mock.core.types import Message, SearchRequest, WebResult

CORPUS = fixtures.load_corpus()
NETWORK: Network = fixtures.load_network()
MINERS = dict.fromkeys(NETWORK.serving("WebRetrievalTask")[:5])

AGENTS = """Can you propose a mechanism by which a decentralized network
    of AI agents could achieve provable alignment on abstract ethical principles
    without relying on human-defined ontologies or centralized arbitration?"""
BAKERY = (
    "We are a small bakery. We want to move from commercial yeast to sourdough.\n\nPlease analyse the consequences for "
    "taste, shelf life and labour cost, and recommend a plan.\n\n- Include at least 5 sources\n- Use headings"
)
QUESTIONS = (
    AGENTS,
    BAKERY,
    "How does photosynthesis work?",
    "Why did the Roman Empire fall?",
    "Why is the sky blue?",
    "Compare proof of stake and proof of work in terms of energy use, security and decentralization.",
    "What are the implications of quantum computing for cryptography?",
    "What causes inflation, and how do central banks respond?",
    "Analyse the impact of the printing press on European society.",
    "How can cities reduce food waste without raising taxes?",
    "What are the best ways to learn a language?",
    "Trace the history of computing from Babbage to the microprocessor.",
    "Are electric cars better for the environment than petrol cars?",
    "What is the current state of nuclear fusion research?",
    "Write a detailed report on sea level rise. Focus on causes, measurements and coastal flooding.",
    "How does Yuma Consensus handle dishonest validators?",
    "Should governments subsidise rooftop solar panels?",
    "How do zeppelin docking masts work?",
    "Research the migration patterns of monarch butterflies",
    "Design a caching strategy for a read-heavy REST API",
    "¿Cómo funcionan los ecosistemas y por qué son importantes?",
    "Investigate `x = {y}` [1] **and** | pipes | in <b>prompts</b>",
)


class Searches:
    """A search over the shipped corpus that remembers what it was asked and what it gave."""

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self.asked: list[str] = []
        self.given: dict[str, str] = {}

    def __call__(self, purpose: str) -> Sequence[WebResult]:
        self.asked.append(purpose)
        found = retrieval.search(SearchRequest(purpose, n_miners=5, per_miner=3), MINERS, CORPUS, self.seed)
        self.given |= {result.url: result.content for result in found}
        return found


def write(prompt: str, seed: int = 1, search: Searches | None = None) -> tuple[str, ...]:
    return script.write([Message("user", prompt)], search or Searches(), CORPUS, seed)


def final_of(texts: Sequence[str]) -> str:
    assert texts[-1].startswith("\n## Final Answer\n")
    return texts[-1].removeprefix("\n## Final Answer\n").removesuffix("\n")


def summaries(texts: Sequence[str]) -> list[str]:
    return [text.split("\n", 2)[2] for text in texts if re.match(r"\n## Step \d+ Summary\n", text)]


def sentences(text: str) -> list[str]:
    """Of a text; what stands in quotes, such as a page's title, is no sentence of its own."""
    whole = re.sub(r"“[^”]*”", lambda match: re.sub(r"[.?!]", "", match[0]), text.strip())
    return [part for part in re.split(r"(?<=[.?!。])\s+", whole) if part]


# --- The order of the chunks ------------------------------------------------------------------------------------------

HEADINGS = (
    ("g", r"## Generating Research Plan\n"),
    ("p", r"## Research Plan\n(?:\d+\. \S[^\n]*\n)+"),
    ("t", r"\n## Step \d+: Planning Tools\n"),
    ("e", r"\n## Executing web_search\n\S[^\n]*\n"),
    ("r", r"\n### Tool Results\nweb_search execution complete\n"),
    ("a", r"\n## Analyzing Step \d+\n"),
    ("s", r"\n## Step \d+ Summary\n\S.*\n"),
    ("u", r"\n## Updating Research Plan\n"),
    ("v", r"\n## Research Plan Updated\n"),
    ("f", r"\n## Generating Final Answer\n"),
    ("z", r"\n## Final Answer\n\S.*\S\n"),
)


def letter(text: str) -> str:
    return next(name for name, pattern in HEADINGS if re.fullmatch(pattern, text, re.S))


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("prompt", QUESTIONS)
def test_the_chunks_come_in_wire_mds_order(prompt, seed):
    texts = write(prompt, seed)
    word = "".join(map(letter, texts))
    assert re.fullmatch(r"gp(?:t(?:er){1,2}asuv){2,5}t(?:er){1,2}asfz", word)
    steps = word.count("t")
    plan = re.findall(r"^(\d+)\. ", texts[1], re.M)
    assert plan == [str(k) for k in range(1, steps + 1)]
    for kind in ("Step {}: Planning Tools", "Analyzing Step {}", "Step {} Summary"):
        found = [text for text in texts if re.match(rf"\n## {kind.format(r'[0-9]+')}\n", text)]
        assert [re.findall(r"\d+", text)[0] for text in found] == plan


@pytest.mark.parametrize("prompt", QUESTIONS)
def test_the_purposes_are_what_was_searched(prompt):
    search = Searches()
    texts = write(prompt, search=search)
    purposes = [text.split("\n")[2] for text in texts if text.startswith("\n## Executing web_search\n")]
    assert purposes == search.asked
    assert len(set(purposes)) == len(purposes)


# --- Sources ----------------------------------------------------------------------------------------------------------


@given(st.sampled_from(QUESTIONS), st.integers(0, 1_000_000))
def test_every_citation_has_a_source_that_retrieval_gave(prompt, seed):
    search = Searches(seed)
    final = final_of(write(prompt, seed, search))
    body, _, listed = final.partition("\n### Sources\n")
    lines = listed.strip().splitlines()
    sources = [re.fullmatch(r"\[(\d+)\] (\S.*) - (https?://\S+)", line) for line in lines]
    assert all(sources), lines
    cited = list(dict.fromkeys(re.findall(r"\[(\d+)\]", body)))
    assert cited == [str(n) for n in range(1, len(lines) + 1)], "in order of first citation, none missing, none idle"
    urls = [match[3] for match in sources]
    assert len(set(urls)) == len(urls)
    for _, title, url in (match.groups() for match in sources):
        assert url in search.given
        assert search.given[url].startswith(title)


def held(sentence: str, content: str) -> bool:
    """Whether a page says a sentence, its markup left out."""
    plain = re.sub(r"[*_`]|\[|\]\([^)]*\)", "", " ".join(content.split()))
    return re.sub(r"[*_`]", "", sentence).rstrip(".") in plain


@pytest.mark.parametrize("prompt", QUESTIONS)
def test_a_cited_sentence_comes_from_its_source(prompt):
    search = Searches()
    final = final_of(write(prompt, 5, search))
    body, _, listed = final.partition("\n### Sources\n")
    urls = re.findall(r"- (https?://\S+)$", listed, re.M)
    facts = {page.url: page.facts for page in CORPUS.pages}
    for line in body.splitlines():
        for sentence in sentences(re.sub(r"^(?:\d+\. |- |\*\*[^*]+\*\* )+", "", line)):
            marks = re.findall(r" ?\[(\d+)\]", sentence)
            if not marks or "“" in sentence or line.startswith("- "):
                continue  # names a page, or speaks of one
            said = re.sub(r" ?\[\d+\]", "", sentence)
            url = urls[int(marks[0]) - 1]
            assert said in facts[url] or held(said, search.given[url]), sentence


def test_a_page_that_is_not_the_corpus_own_is_read_from_the_result():
    page = "Zeppelin masts\n\nA zeppelin docking mast is a tower that holds an airship by its nose. " + (
        "The zeppelin docking mast of Lakehurst could turn with the wind. A winch pulls the zeppelin to the mast."
    )
    result = WebResult("https://airships.example/masts", page, page)
    texts = script.write([Message("user", "How do zeppelin docking masts work?")], lambda _: [result], CORPUS, 1)
    assert "A zeppelin docking mast is a tower that holds an airship by its nose [1]." in final_of(texts)
    assert final_of(texts).endswith("[1] Zeppelin masts - https://airships.example/masts")


def test_a_search_that_gives_nothing_still_ends_in_an_answer():
    final = final_of(script.write([Message("user", "Compare tea and coffee")], lambda _: [], CORPUS, 1))
    assert "[1]" not in final
    assert 400 <= len(final.split()) <= 1_500


# --- The final answer -------------------------------------------------------------------------------------------------


@given(st.sampled_from(QUESTIONS), st.integers(0, 1_000_000))
def test_the_final_answer_has_400_to_1500_words(prompt, seed):
    assert 400 <= len(final_of(write(prompt, seed)).split()) <= 1_500


@given(st.text(min_size=1, max_size=400), st.integers(0, 1_000_000))
def test_any_prompt_gets_a_whole_answer(prompt, seed):
    texts = write(prompt, seed)
    if len(texts) > 1:
        assert 400 <= len(final_of(texts).split()) <= 1_500
    assert "".join(texts).strip()


@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.parametrize("prompt", QUESTIONS)
def test_the_final_answer_is_clean_markdown(prompt, seed):
    final = final_of(write(prompt, seed))
    blocks = final.split("\n\n")
    assert re.match(r"\*\*(?:In short|Short answer|The short answer)\.\*\* \S", blocks[0])
    headings = [block.split("\n")[0] for block in blocks if block.startswith("#")]
    assert headings[-1] == "### Sources"
    assert len(headings) >= 4
    assert all(re.fullmatch(r"### [^#|]{3,}", heading) for heading in headings)
    for line in final.partition("### Sources")[0].splitlines():
        assert not re.search(r"\||```|\{|\}|  |\.\.|\w+: \w+: |\?\?| [.,;]|“”", line), line
        assert line.count("**") % 2 == 0
        assert not line or line.startswith("#") or line[-1] in '.?!)”"’。', line
    assert not re.search(r"\b(\w{3,}) \1\b", re.sub(r"had had|that that", "", final))


@pytest.mark.parametrize("seed", [1, 6])
@pytest.mark.parametrize("prompt", QUESTIONS)
def test_no_step_repeats_a_sentence_of_another(prompt, seed):
    said = [sentence for summary in summaries(write(prompt, seed)) for sentence in sentences(summary)]
    assert len(set(said)) == len(said)


def test_what_the_corpus_does_not_hold_is_said():
    final = final_of(write("Research the migration patterns of monarch butterflies"))
    assert "monarch" in final
    assert re.search(r"No source was found|found no page|do not answer|deals with", final)


# --- The plan fits the question ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        (AGENTS, ["decentralized network of AI agents", "human-defined ontologies", "centralized arbitration"]),
        ("Compare Hubble and James Webb", ["Hubble", "James Webb"]),
        ("How does photosynthesis work?", ["photosynthesis"]),
        ("Why did the Roman Empire fall?", ["the fall of the Roman Empire"]),
        ("How can cities reduce food waste without raising taxes?", ["reduce food waste", "raising taxes"]),
        ("Trace the history of computing", ["computing"]),
        ("What are the implications of quantum computing for cryptography?", ["quantum computing", "cryptography"]),
        (BAKERY, ["sourdough", "shelf life", "labour cost"]),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_plan_names_what_was_asked(prompt, named, seed):
    texts = write(prompt, seed)
    told = texts[1] + "".join(text for text in texts if "Executing web_search" in text)
    assert not [phrase for phrase in named if phrase not in told]


def test_one_seed_writes_one_script_and_another_words_it_otherwise():
    for prompt in QUESTIONS[:6]:
        assert write(prompt, 11) == write(prompt, 11)
        assert len({write(prompt, seed) for seed in range(5)}) == 5


def test_a_follow_up_takes_its_subject_from_what_was_said_before():
    messages = [
        Message("user", "How does photosynthesis work?"),
        Message("assistant", "Photosynthesis turns light into sugar."),
        Message("user", "Compare it with respiration in detail"),
    ]
    assert "hotosynthesis" in script.write(messages, Searches(), CORPUS, 1)[1]


# --- The short path ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "research"),
    [
        ("Hello!", False),
        ("hi there, how are you?", False),
        ("Good morning", False),
        ("Thank you so much!", False),
        ("What can you do?", False),
        ("Tell me a joke", False),
        ("Tell me a short story about a lighthouse keeper", False),
        ("Please write a poem about the sea", False),
        ("Can you write me a haiku about autumn?", False),
        ("What is the capital of France?", False),
        ("Who wrote Hamlet?", False),
        ("When did the Berlin Wall fall?", False),
        ("How many planets are there in the solar system?", False),
        ("How tall is Mount Everest?", False),
        ("What is 12 * 12?", False),
        ("Translate 'good morning' into French", False),
        ("Write a Python function that reverses a string", False),
        ("", False),
        ("?!", False),
        ("Compare tea and coffee", True),
        ("Hello, can you compare tea and coffee?", True),
        ("Analyse the history of the haiku", True),
        ("What are the implications of quantum computing for cryptography?", True),
        ("Why did the Roman Empire fall?", True),
        ("How does a heat pump work?", True),
        ("Is remote work more productive than office work?", True),
        ("What is the current state of nuclear fusion research?", True),
        ("Research the story of the Silk Road", True),
        (AGENTS, True),
        (BAKERY, True),
    ],
)
def test_only_what_needs_research_gets_it(prompt, research):
    texts = write(prompt)
    assert script.needs_research([Message("user", prompt)]) is research
    assert (len(texts) > 1) is research
    if not research:
        assert texts[0].strip()
        assert "## " not in texts[0]


def test_a_well_known_fact_is_answered_at_once():
    assert "Paris" in write("What is the capital of France?")[0]


def test_a_script_takes_less_than_15_milliseconds_when_warm():
    for prompt in QUESTIONS:
        write(prompt)
    started = time.process_time()
    for prompt in QUESTIONS:
        write(prompt)
    assert (time.process_time() - started) / len(QUESTIONS) < 0.015
