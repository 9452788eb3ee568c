"""Writes fixtures/samples/<kind>.md: ten answers of each kind, to be read. With --check it only says what changed."""

import sys
from collections.abc import Iterator
from pathlib import Path

from apex_mock.core import completion
from apex_mock.core.corpus import Corpus
from apex_mock.core.miners import Miner
from apex_mock.core.types import ChatRequest, Message, Mode
from apex_mock.fixtures import load_corpus

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "fixtures" / "samples"
MINERS = tuple(Miner(uid, ("m",), ("InferenceTask",), 0.1) for uid in (7, 101, 202))

# Each prompt is the last user message; earlier messages stand before it, divided by " | " and opened by s:, u: or a:.
PROMPTS: dict[str, tuple[str, ...]] = {
    "question": (
        "What is the capital of France?",
        "Who was the first human in space?",
        "When did the Berlin Wall fall?",
        "How tall is Mount Everest?",
        "Why is the sky blue?",
        "Where did the Renaissance begin?",
        "How many neurons does the human brain have?",
        "What is Bittensor?",
        "Is Sydney the capital of Australia?",
        "Quelle est la capitale de la France ?",
    ),
    "explanation": (
        "Tell me about photosynthesis",
        "Explain quantum computing",
        "Explain how vaccines work",
        "Describe the Roman Empire",
        "What can you tell me about black holes?",
        "Explain Yuma Consensus to a beginner",
        "Write a short paragraph about inflation",
        "Explain gradient descent in one sentence",
        "Tell me about the Silk Road",
        "Explain the greenhouse effect",
    ),
    "how-to": (
        "How do I chop an onion?",
        "How to make sourdough bread?",
        "How can I start running?",
        "How do I register a miner on Bittensor?",
        "What is the best way to remove a stain?",
        "How do I make a monthly budget?",
        "How should I plan a trip?",
        "How do I write a cover letter?",
        "How do I build a birdhouse?",
        "How can I sleep better?",
    ),
    "comparison": (
        "Green tea vs black tea",
        "What is the difference between stocks and bonds?",
        "Compare weather and climate",
        "REST vs gRPC",
        "Compare electric cars and petrol cars",
        "What is the difference between mean and median?",
        "Difference between a miner and a validator in Bittensor",
        "Decentralized AI versus centralized AI",
        "How does proof of stake differ from proof of work?",
        "Should I choose a bicycle or a scooter?",
    ),
    "list": (
        "Give me five facts about bees",
        "Name three planets",
        "List the top 5 longest rivers",
        "Give me 3 tips for better sleep",
        "Name four programming languages",
        "Five reasons to learn Esperanto",
        "List the main types of renewable energy",
        "What are three landmarks in Paris?",
        "Give me 4 ideas for a birthday party",
        "List 6 HTTP status codes",
    ),
    "code": (
        "Write a Python function to reverse a string",
        "Write a function that checks whether a number is prime",
        "Implement binary search in Python",
        "Write a SQL query that joins customers and orders",
        "Write a JavaScript debounce function",
        "Show me how to retry with exponential backoff in Python",
        "Write a Python class for a bank account",
        "How do I read a CSV file in Python?",
        "Write a Python function that computes the cosine similarity of two vectors",
        "Write a Python function that validates an ISBN",
    ),
    "story": (
        "Write a story about a cosmonaut learning to paint",
        "Tell me a story about a lighthouse keeper who finds a message in a bottle",
        "Tell me a bedtime story about a small robot",
        "Write a short story about a girl named Nora who wants to build a boat",
        "Write a story about friendship",
        "Tell me a story about a dragon who is afraid of fire",
        "Write a story about an old baker and her cat",
        "Write a story set in Paris",
        "Tell me a story about a boy who can't sleep",
        "Write a story about time travel",
    ),
    "haiku": (
        "Write a haiku about the sea",
        "Write a haiku about coding",
        "Write a haiku about autumn leaves",
        "Haiku about the moon",
        "Compose a haiku about love",
        "Write a haiku about Tokyo at night",
        "Write two haikus about snow",
        "Write a haiku about coffee",
        "Write a haiku about bees",
        "Write a haiku",
    ),
    "joke": (
        "Tell me a joke",
        "Tell me a joke about programmers",
        "Do you know a joke about cats?",
        "Tell me a physics joke",
        "Tell me a joke about Bittensor",
        "Make me laugh",
        "Tell me two jokes about food",
        "A joke about space, please",
        "Tell me a joke about my boss",
        "Tell me a joke about dentists",
    ),
    "summary": (
        (
            "Summarise the following: The city council met on Tuesday to discuss the new bridge. Engineers "
            "presented three designs, of which the "
            "cheapest uses steel and the most durable uses stone. Residents asked about noise and traffic during "
            "the work. The council decided to "
            "postpone its choice until an environmental study is finished in May. The mayor said that the bridge "
            "should be open within four years."
        ),
        "Summarize this text in one sentence: Coffee was first cultivated in Yemen. From there it spread to "
        "Europe in the seventeenth century, "
        "where coffee houses became places of debate. Today it is grown in more than seventy countries.",
        "Summarize photosynthesis",
        "Give me a summary of the French Revolution",
        "Summarise the Roman Empire in one sentence",
        "The meeting lasted two hours and nothing was decided, because the figures were missing. We will "
        "meet again on Friday. Please bring your "
        "own laptop. TL;DR",
        "Summarize: The quick brown fox, which had been sleeping in the sun all morning, jumped over the lazy dog.",
        "Sum up how vaccines work",
        "Write a summary of plate tectonics in the Mariana Trench",
        (
            "Summarise as bullet points: Remote work has grown quickly. Many employees save time because they do "
            "not commute. Some miss their "
            "colleagues and find it hard to stop working in the evening. Companies save rent but worry about "
            "training new staff."
        ),
    ),
    "json": (
        "What is the capital of Japan? Answer in JSON with keys country and capital",
        "Return JSON with keys name, age and city for a fictional person",
        "Give me three facts about bees as JSON",
        "json: What is photosynthesis?",
        "json: Who was the first human in space?",
        'When did the Berlin Wall fall? Respond in JSON like {"event": "...", "year": 0, "explanation": "..."}',
        "json: Write an article outline about coffee with fields: title, summary, tags",
        'Is Paris the capital of France? Use this format: {"answer": true, "reason": "string"}',
        "How do I chop an onion? Return a JSON object with fields: title, steps",
        "json: Hello",
    ),
    "mixture": (
        "What is the capital of France?",
        "Tell me about photosynthesis",
        "Who was the first human in space?",
        "Write a haiku about the sea",
        "What is Bittensor?",
        "How do I chop an onion?",
        "Why is the sky blue?",
        "What is 12 * 7?",
        "Who won the 2034 World Cup?",
        "Explain inflation",
    ),
    "reasoning": (
        "What is the capital of France?",
        "What is 17 * 23 + 4?",
        "Why is the sky blue?",
        "Write a haiku about the sea",
        "Compare stocks and bonds",
        "How many chambers does the human heart have?",
        "Name three planets",
        "Explain entropy",
        "What is the population of Wakanda?",
        "Is the Nile longer than the Amazon?",
    ),
    "unknown-subject": (
        "What is the capital of Wakanda?",
        "Who won the 2034 World Cup?",
        "Tell me about the village of Obertupfing",
        "What is the population of France?",
        "How do I repair a flux capacitor?",
        "Why do zorgs blib?",
        "What is love?",
        "Explain the Treaty of Florblatt",
        "When was the band Glasshammer Seven founded?",
        "Wer hat die Glühbirne erfunden?",
    ),
    "conversation": (
        "u: My name is Ada. | a: Nice to meet you, Ada! | u: What is my name?",
        "s: You are a helpful assistant named Nova. | u: What is your name?",
        "u: What is the capital of France? | a: The capital of France is Paris. | u: What about Germany?",
        "u: Who was the first human in space? | a: Yuri Gagarin was the first human in space. | u: When did he die?",
        (
            "u: Tell me about black holes | a: A black hole is a region of space from which nothing can escape. |"
            " u: Tell me more"
        ),
        "s: You are a pirate. | u: What is the capital of Spain?",
        "s: Answer in one sentence. | u: Explain relativity",
        "u: My favourite colour is green. | a: A lovely choice! | u: What is my favourite colour?",
        "Reply with exactly: pong",
        (
            "u: What is photosynthesis? | a: Photosynthesis is how plants turn light into sugar. | u: Thanks! "
            "That is very helpful"
        ),
    ),
}


def _messages(prompt: str) -> tuple[Message, ...]:
    roles = {"s": "system", "u": "user", "a": "assistant"}
    if prompt[:3] not in ("s: ", "u: ", "a: "):
        return (Message("user", prompt),)
    return tuple(Message(roles[part[0]], part[3:]) for part in prompt.split(" | "))


def _request(kind: str, prompt: str) -> ChatRequest:
    mode = {"mixture": Mode.MIXTURE, "reasoning": Mode.MULTI_STEP}.get(kind, Mode.BASE)
    as_json = prompt.startswith("json: ")
    return ChatRequest(_messages(prompt.removeprefix("json: ")), mode=mode, json_format=as_json)


def pages(corpus: Corpus) -> Iterator[tuple[Path, str]]:
    """Each sample page's path and text."""
    for kind, prompts in PROMPTS.items():
        parts = [f"# {kind.replace('-', ' ').capitalize()}\n"]
        for seed, prompt in enumerate(prompts, 1):
            text = completion.answer(_request(kind, prompt), MINERS, corpus, seed)
            asked = prompt.replace(" | ", "\n> ")
            parts.append(f"## {seed}\n\n> {asked}\n\nseed {seed}\n\n{text}\n\n---\n")
        yield FOLDER / f"{kind}.md", "\n".join(parts)


def main(arguments: list[str]) -> int:
    corpus = load_corpus(ROOT / "fixtures" / "corpus")
    changed = [(path, text) for path, text in pages(corpus) if not path.exists() or path.read_text("utf-8") != text]
    for path, text in changed:
        print(("differs: " if "--check" in arguments else "written: ") + str(path.relative_to(ROOT)))
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return 1 if changed and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
