"""More snippets: retries, services, classes and patterns."""

from apex_mock.core.prose.snippets import Snippet

SERVICE_SNIPPETS = (
    Snippet(
        r"fetch\b|http|api (?:call|request|client)|\bget request|download|url|scrap",
        '''
import json
import urllib.request


def get_json(url: str, timeout: float = 10.0):
    """Fetch a URL and parse its body as JSON."""
    request = urllib.request.Request(url, headers={"Accept": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout) as response:
        return json.load(response)


print(get_json("https://api.example.com/items"))
''',
        (
            "It needs nothing beyond the standard library, and the timeout keeps a silent server from blocking "
            "the program.",
            "An HTTP error status raises `urllib.error.HTTPError`.",
        ),
    ),
    Snippet(
        r"email",
        r'''
import re

EMAIL = re.compile(r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$")


def is_email(text: str) -> bool:
    """Whether a text looks like an e-mail address."""
    return EMAIL.fullmatch(text) is not None


print(is_email("ada@example.com"))  # True
print(is_email("not an address"))  # False
''',
        (
            "The pattern asks for a local part, an @ sign and a domain with at least one dot.",
            "Only a message that arrives proves that an address exists.",
        ),
    ),
    Snippet(
        r"regex|regular expression",
        r'''
import re

DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")


def find_dates(text: str) -> list[tuple[str, str, str]]:
    """Return the ISO dates in a text as (year, month, day)."""
    return DATE.findall(text)


print(find_dates("From 2024-05-01 to 2024-06-30."))
''',
        (
            "The groups in brackets capture year, month and day separately.",
            "`\\b` makes sure that the match begins and ends at a word boundary.",
        ),
    ),
    Snippet(
        r"decorator|timer|measure.*time",
        '''
import functools
import time


def timed(function):
    """Decorator that prints how long each call took."""
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            print(f"{function.__name__} took {time.perf_counter() - start:.3f} s")
    return wrapper


@timed
def work():
    time.sleep(0.1)


work()
''',
        (
            "`functools.wraps` keeps the name and the docstring of the decorated function.",
            "The `finally` block reports the time even when the call raises.",
        ),
    ),
    Snippet(
        r"\bstack\b",
        '''
class Stack:
    """Last in, first out."""

    def __init__(self):
        self._items = []

    def push(self, item):
        self._items.append(item)

    def pop(self):
        return self._items.pop()

    def __len__(self):
        return len(self._items)


stack = Stack()
stack.push(1)
stack.push(2)
print(stack.pop())  # 2
''',
        (
            "A Python list already appends and pops at its end in constant time, so the class only gives these "
            "operations their names.",
        ),
    ),
    Snippet(
        r"\bqueue\b",
        '''
from collections import deque


class Queue:
    """First in, first out."""

    def __init__(self):
        self._items = deque()

    def put(self, item):
        self._items.append(item)

    def get(self):
        return self._items.popleft()


queue = Queue()
queue.put("a")
queue.put("b")
print(queue.get())  # a
''',
        ("A `deque` removes from its left end in constant time, which a list does not.",),
    ),
    Snippet(
        r"singleton",
        '''
class Settings:
    """There is only one instance, made on first use."""

    _instance = None

    def __new__(cls):
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance


print(Settings() is Settings())  # True
''',
        (
            "`__new__` hands out the same object each time.",
            "In Python a module-level object is often the simpler choice.",
        ),
    ),
    Snippet(
        r"lru|cache|memoi[sz]",
        """
from functools import lru_cache


@lru_cache(maxsize=1024)
def slow_square(n: int) -> int:
    print("computing", n)
    return n * n


print(slow_square(4))  # computing 4, then 16
print(slow_square(4))  # 16, from the cache
""",
        (
            "The decorator keeps the most recently used results, so a repeated call does not run the function again.",
            "Arguments must be hashable.",
        ),
    ),
    Snippet(
        r"dataclass|bank ?account|\bclass\b",
        '''
class BankAccount:
    """An account with a balance that cannot become negative."""

    def __init__(self, owner: str, balance: float = 0.0):
        self.owner = owner
        self.balance = balance

    def deposit(self, amount: float) -> None:
        if amount <= 0:
            raise ValueError("the amount must be positive")
        self.balance += amount

    def withdraw(self, amount: float) -> None:
        if amount > self.balance:
            raise ValueError("insufficient funds")
        self.balance -= amount


account = BankAccount("Ada", 100)
account.deposit(50)
account.withdraw(30)
print(account.balance)  # 120
''',
        (
            "The class keeps data and the rules for changing it in one place.",
            "Each method checks its argument before it changes the balance.",
        ),
    ),
    Snippet(
        r"unit tests?|pytest|\btest\b",
        """
import pytest


def divide(a: float, b: float) -> float:
    return a / b


def test_divide():
    assert divide(6, 3) == 2


def test_divide_by_zero():
    with pytest.raises(ZeroDivisionError):
        divide(1, 0)
""",
        ("Each test checks one behaviour, and its name says which.", "Run it with `pytest`."),
    ),
    Snippet(
        r"celsius|fahrenheit|temperature",
        '''
def to_fahrenheit(celsius: float) -> float:
    """Convert degrees Celsius to degrees Fahrenheit."""
    return celsius * 9 / 5 + 32


def to_celsius(fahrenheit: float) -> float:
    """Convert degrees Fahrenheit to degrees Celsius."""
    return (fahrenheit - 32) * 5 / 9


print(to_fahrenheit(100))  # 212.0
''',
        ("A step of one degree Celsius equals 1.8 degrees Fahrenheit, and the two scales are offset by 32.",),
    ),
    Snippet(
        r"\bsort",
        """
people = [("Ada", 36), ("Linus", 28), ("Grace", 41)]

by_age = sorted(people, key=lambda person: person[1])
oldest_first = sorted(people, key=lambda person: person[1], reverse=True)

print(by_age)  # [('Linus', 28), ('Ada', 36), ('Grace', 41)]
print(oldest_first[0])  # ('Grace', 41)
""",
        (
            "`sorted` returns a new list, and `key` says what to sort by.",
            "Sorting in Python is stable: equal items keep their order.",
        ),
    ),
    Snippet(
        r"hello,? ?world",
        """
print("Hello, world!")
""",
        ("Save it as `hello.py` and run it with `python hello.py`.",),
    ),
)
