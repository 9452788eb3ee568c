"""What is asked: a file of questions by kind, drawn by the run's seed, so that two runs ask the same."""

import tomllib
from functools import lru_cache
from pathlib import Path
from random import Random

FILE = Path(__file__).parent.parent / "prompts.toml"


@lru_cache(maxsize=1)
def prompts() -> dict[str, list[str]]:
    return {kind: list(found["questions"]) for kind, found in tomllib.loads(FILE.read_text("utf-8")).items()}


def draw(kind: str, random: Random) -> str:
    return random.choice(prompts()[kind])
