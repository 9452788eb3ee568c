"""More snippets: searching, counting, lists and files."""

from apex_mock.core.prose.snippets import Snippet

MORE_SNIPPETS = (
    Snippet(
        r"(?:count|frequency|occurr)\w*\b.*\bwords?|word (?:count|frequenc)",
        '''
import re
from collections import Counter


def count_words(text: str) -> Counter:
    """Count how often each word occurs, ignoring case."""
    return Counter(re.findall(r"\\w+", text.lower()))


counts = count_words("The cat saw the other cat.")
print(counts.most_common(2))  # [('the', 2), ('cat', 2)]
''',
        ("`Counter` is a dictionary that counts, and `most_common` sorts by frequency.",),
    ),
    Snippet(
        r"vowel",
        '''
def count_vowels(text: str) -> int:
    """Return how many vowels a text contains."""
    return sum(c in "aeiou" for c in text.lower())


print(count_vowels("Hello, world"))  # 3
''',
        ("The generator gives True for every vowel, and `sum` counts True as 1.",),
    ),
    Snippet(
        r"anagram",
        '''
from collections import Counter


def are_anagrams(first: str, second: str) -> bool:
    """Whether two texts consist of the same letters, ignoring case and blanks."""
    def letters(text):
        return Counter(c for c in text.lower() if c.isalnum())

    return letters(first) == letters(second)


print(are_anagrams("Dormitory", "dirty room"))  # True
''',
        ("Two texts are anagrams exactly when each letter occurs equally often in both.",),
    ),
    Snippet(
        r"(?:sum|add)\w*\b.*\b(?:list|numbers|array)|(?:sum|add)s? (?:of )?two numbers|\badd two\b|"
        r"\badds?\b.*\bnumbers",
        '''
def add(*numbers: float) -> float:
    """Return the sum of any number of arguments."""
    return sum(numbers)


print(add(2, 3))  # 5
print(add(*[1, 2, 3, 4]))  # 10
''',
        ("The star collects all arguments in a tuple, so the function works for two numbers as well as for many.",),
    ),
    Snippet(
        r"\b(?:max|maximum|largest)\b.*\b(?:list|array|number)",
        '''
def largest(numbers: list[float]) -> float:
    """Return the largest number; an empty list raises ValueError."""
    if not numbers:
        raise ValueError("the list is empty")
    best = numbers[0]
    for number in numbers[1:]:
        if number > best:
            best = number
    return best


print(largest([3, 9, 4]))  # 9
''',
        ("The loop remembers the best value so far.", "The built-in `max` does the same."),
    ),
    Snippet(
        r"duplicate|unique",
        '''
def without_duplicates(items: list) -> list:
    """Return the items in their order, each only once."""
    return list(dict.fromkeys(items))


print(without_duplicates([3, 1, 3, 2, 1]))  # [3, 1, 2]
''',
        (
            "A dictionary keeps its keys in the order in which they were added, so the first occurrence of each "
            "item survives.",
        ),
    ),
    Snippet(
        r"flatten",
        '''
def flatten(items):
    """Yield the elements of nested lists, however deep."""
    for item in items:
        if isinstance(item, list):
            yield from flatten(item)
        else:
            yield item


print(list(flatten([1, [2, [3, 4]], 5])))  # [1, 2, 3, 4, 5]
''',
        ("`yield from` passes on what the inner call produces, so no intermediate list is needed.",),
    ),
    Snippet(
        r"\bcsv\b",
        '''
import csv


def read_rows(path: str) -> list[dict[str, str]]:
    """Read a CSV file with a header row into dictionaries."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


for row in read_rows("people.csv"):
    print(row["name"], row["age"])
''',
        (
            "`DictReader` takes the names of the columns from the first row.",
            "All values are strings, so convert numbers yourself.",
        ),
    ),
    Snippet(
        r"read\w*\b.*\bjson|json.*\b(?:file|parse)|parse\w*\b.*json",
        '''
import json


def load(path: str):
    """Read a JSON file."""
    with open(path, encoding="utf-8") as file:
        return json.load(file)


data = load("config.json")
print(data.get("name", "unknown"))
''',
        (
            "`json.load` turns objects into dictionaries and arrays into lists.",
            "A broken file raises `json.JSONDecodeError`.",
        ),
    ),
    Snippet(
        r"(?:read|open|process)\w*\b.*\bfile|file\b.*\bline by line",
        '''
def read_lines(path: str) -> list[str]:
    """Return the lines of a text file without their line ends."""
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\\n") for line in file]


for number, line in enumerate(read_lines("notes.txt"), start=1):
    print(number, line)
''',
        (
            "The `with` block closes the file even when an error occurs.",
            "For very large files, loop over `file` directly instead of building a list.",
        ),
    ),
    Snippet(
        r"cosine",
        '''
import math


def cosine_similarity(a: list[float], b: list[float]) -> float:
    """Return the cosine of the angle between two vectors of the same length."""
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    lengths = math.hypot(*a) * math.hypot(*b)
    return dot / lengths if lengths else 0.0


print(cosine_similarity([1, 0], [1, 1]))  # 0.7071067811865475
''',
        ("The dot product is divided by the product of the lengths, so only the direction counts.",),
    ),
    Snippet(
        r"matri(?:x|ces)",
        '''
def multiply(a: list[list[float]], b: list[list[float]]) -> list[list[float]]:
    """Multiply two matrices given as lists of rows."""
    columns = list(zip(*b, strict=True))
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in columns] for row in a]


print(multiply([[1, 2], [3, 4]], [[5, 6], [7, 8]]))  # [[19, 22], [43, 50]]
''',
        ("Each entry is the dot product of a row of the first matrix and a column of the second.",),
    ),
    Snippet(
        r"\b(?:mean|average|median)\b",
        '''
def mean(numbers: list[float]) -> float:
    """Return the arithmetic mean; an empty list raises ValueError."""
    if not numbers:
        raise ValueError("the list is empty")
    return sum(numbers) / len(numbers)


print(mean([2, 4, 9]))  # 5.0
''',
        (
            "The sum of the values is divided by their number.",
            "`statistics` in the standard library has `mean` and `median`.",
        ),
    ),
    Snippet(
        r"retry|backoff",
        '''
import random
import time


def retry(call, attempts=5, base=0.5, cap=30.0):
    """Call `call` until it succeeds, waiting longer after each failure."""
    for attempt in range(attempts):
        try:
            return call()
        except Exception:
            if attempt == attempts - 1:
                raise
            delay = min(cap, base * 2**attempt)
            time.sleep(random.uniform(0, delay))  # full jitter
''',
        (
            "The waiting time doubles up to a cap, and the random share keeps many clients from coming back at "
            "the same moment.",
            "Retry only what may safely be repeated, and catch the narrowest exception you can.",
        ),
    ),
    Snippet(
        r"asyncio|async\b|concurren|gather|parallel",
        """
import asyncio


async def fetch(name: str, delay: float) -> str:
    await asyncio.sleep(delay)  # stands for a network call
    return f"{name} done"


async def main() -> None:
    results = await asyncio.gather(
        fetch("first", 0.3),
        fetch("second", 0.1),
    )
    print(results)  # ['first done', 'second done']


asyncio.run(main())
""",
        (
            "`gather` runs the coroutines at the same time and returns their results in the order in which they "
            "were given.",
            "The whole takes as long as the slowest call, not as long as all of them together.",
        ),
    ),
    Snippet(
        r"rate limit|token bucket",
        '''
import time


class TokenBucket:
    """Allows `rate` calls a second on average, and bursts of up to `capacity`."""

    def __init__(self, rate: float, capacity: float):
        self.rate, self.capacity = rate, capacity
        self.tokens, self.updated = capacity, time.monotonic()

    def allow(self) -> bool:
        now = time.monotonic()
        self.tokens = min(self.capacity, self.tokens + (now - self.updated) * self.rate)
        self.updated = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True
''',
        ("The bucket fills at a steady rate, and each call takes one token out.",),
    ),
    Snippet(
        r"\bapex\b|macrocosmos|bittensor",
        """
import json
import os
import urllib.request

body = json.dumps({"messages": [{"role": "user", "content": "Hello!"}]}).encode()
request = urllib.request.Request(
    "http://127.0.0.1:8000/v1/chat/completions",
    data=body,
    headers={
        "Content-Type": "application/json",
        "Authorization": f"Bearer {os.environ['API_KEY']}",
    },
)
with urllib.request.urlopen(request, timeout=30) as response:
    answer = json.load(response)
print(answer["choices"][0]["message"]["content"])
""",
        (
            "The key comes from the environment, so it never stands in the code.",
            "Change the address to that of the server you want to reach.",
        ),
    ),
)
