"""Working Python for tasks that prompts often name. `cue` is searched in the prompt; the first that fits wins."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snippet:
    """Code for one task, with a sentence or two about it."""

    cue: str
    code: str
    notes: tuple[str, ...]
    language: str = "python"


SNIPPETS = (
    Snippet(
        r"palindrom",
        '''
def is_palindrome(text: str) -> bool:
    """Whether a text reads the same both ways, ignoring case, blanks and punctuation."""
    letters = [c for c in text.casefold() if c.isalnum()]
    return letters == letters[::-1]


print(is_palindrome("A man, a plan, a canal: Panama"))  # True
print(is_palindrome("Python"))  # False
''',
        (
            "The list keeps only letters and digits, and comparing it with its own reverse settles the question.",
            "It runs in linear time and treats the empty string as a palindrome.",
        ),
    ),
    Snippet(
        r"revers\w*\b.*\blinked list|linked list.*revers",
        '''
class Node:
    def __init__(self, value, next=None):
        self.value = value
        self.next = next


def reverse(head):
    """Reverse a singly linked list and return its new head."""
    previous = None
    while head is not None:
        head.next, previous, head = previous, head, head.next
    return previous
''',
        ("Each step turns one pointer around and moves on.", "It needs linear time and constant memory."),
    ),
    Snippet(
        r"linked list",
        '''
class Node:
    def __init__(self, value, next=None):
        self.value = value
        self.next = next


class LinkedList:
    """A singly linked list that can be iterated over."""

    def __init__(self):
        self.head = None

    def prepend(self, value):
        self.head = Node(value, self.head)

    def __iter__(self):
        node = self.head
        while node is not None:
            yield node.value
            node = node.next


items = LinkedList()
for value in (3, 2, 1):
    items.prepend(value)
print(list(items))  # [1, 2, 3]
''',
        (
            "Adding at the front takes constant time, because only the head changes.",
            "`__iter__` makes the list work with `for` and `list`.",
        ),
    ),
    Snippet(
        r"revers\w*\b[^.]*\bwords",
        '''
def reverse_words(sentence: str) -> str:
    """Return the words of a sentence in reverse order."""
    return " ".join(reversed(sentence.split()))


print(reverse_words("the quick brown fox"))  # fox brown quick the
''',
        ("`split` without an argument also takes care of repeated blanks.",),
    ),
    Snippet(
        r"revers\w*\b[^.]*\b(?:string|text|word|str)\b|string[^.]{0,20}revers",
        '''
def reverse_string(text: str) -> str:
    """Return the characters of a string in reverse order."""
    return text[::-1]


print(reverse_string("hello"))  # olleh
''',
        (
            "The slice `[::-1]` walks through the string from the end to the beginning with a step of minus one.",
            "It leaves the original string unchanged, since strings in Python are immutable.",
        ),
    ),
    Snippet(
        r"revers\w*\b[^.]*\b(?:list|array)",
        '''
def reverse_list(items: list) -> list:
    """Return a new list with the items in reverse order."""
    return items[::-1]


print(reverse_list([1, 2, 3]))  # [3, 2, 1]
''',
        ("To reverse a list in place, without a copy, use `items.reverse()`.",),
    ),
    Snippet(
        r"fibonacci|\bfib\b",
        '''
def fibonacci(n: int) -> int:
    """Return the n-th Fibonacci number, counting from fibonacci(0) == 0."""
    if n < 0:
        raise ValueError("n must not be negative")
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


print([fibonacci(i) for i in range(10)])  # [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]
''',
        (
            "Each pass of the loop moves one step along the sequence, so the function needs linear time and "
            "constant memory.",
            "Python's integers grow as needed, so even `fibonacci(1000)` is exact.",
        ),
    ),
    Snippet(
        r"factorial",
        '''
def factorial(n: int) -> int:
    """Return n! = 1 * 2 * ... * n, with 0! = 1."""
    if n < 0:
        raise ValueError("n must not be negative")
    result = 1
    for k in range(2, n + 1):
        result *= k
    return result


print(factorial(5))  # 120
''',
        (
            "The loop multiplies the numbers from 2 to n, and an empty loop gives the right answer for 0 and 1.",
            "In real code `math.factorial` does the same.",
        ),
    ),
    Snippet(
        r"sieve|primes? (?:up to|below|under|less)|list of primes?|all primes?",
        '''
def primes_up_to(limit: int) -> list[int]:
    """Return all primes up to `limit` with the sieve of Eratosthenes."""
    is_prime = [True] * (limit + 1)
    is_prime[0:2] = [False] * min(2, limit + 1)
    for p in range(2, int(limit**0.5) + 1):
        if is_prime[p]:
            for multiple in range(p * p, limit + 1, p):
                is_prime[multiple] = False
    return [n for n, prime in enumerate(is_prime) if prime]


print(primes_up_to(30))  # [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]
''',
        (
            "The sieve crosses out the multiples of every prime, beginning with its square.",
            "What has not been crossed out at the end is prime.",
        ),
    ),
    Snippet(
        r"\bprimes?\b",
        '''
def is_prime(n: int) -> bool:
    """Whether n is a prime number."""
    if n < 2:
        return False
    if n % 2 == 0:
        return n == 2
    divisor = 3
    while divisor * divisor <= n:
        if n % divisor == 0:
            return False
        divisor += 2
    return True


print([n for n in range(20) if is_prime(n)])  # [2, 3, 5, 7, 11, 13, 17, 19]
''',
        ("It is enough to try divisors up to the square root of n, and after 2 only odd ones.",),
    ),
    Snippet(
        r"fizz ?buzz",
        '''
def fizzbuzz(limit: int) -> list[str]:
    """Return the FizzBuzz words for 1 to `limit`."""
    words = []
    for n in range(1, limit + 1):
        word = ("Fizz" if n % 3 == 0 else "") + ("Buzz" if n % 5 == 0 else "")
        words.append(word or str(n))
    return words


print("\\n".join(fizzbuzz(15)))
''',
        (
            "Multiples of 3 give Fizz, multiples of 5 give Buzz, and multiples of 15 get both because the two "
            "parts are joined.",
        ),
    ),
    Snippet(
        r"bubble ?sort",
        '''
def bubble_sort(items: list) -> list:
    """Return a sorted copy of `items`."""
    items = list(items)
    for end in range(len(items) - 1, 0, -1):
        swapped = False
        for i in range(end):
            if items[i] > items[i + 1]:
                items[i], items[i + 1] = items[i + 1], items[i]
                swapped = True
        if not swapped:  # already in order
            break
    return items


print(bubble_sort([5, 1, 4, 2, 8]))  # [1, 2, 4, 5, 8]
''',
        (
            "After each pass the largest remaining item has moved to the end.",
            "It takes quadratic time in general, and linear time when the list is sorted already.",
        ),
    ),
    Snippet(
        r"quick ?sort",
        '''
def quicksort(items: list) -> list:
    """Return a sorted copy of `items`."""
    if len(items) <= 1:
        return list(items)
    pivot = items[len(items) // 2]
    smaller = [x for x in items if x < pivot]
    equal = [x for x in items if x == pivot]
    larger = [x for x in items if x > pivot]
    return quicksort(smaller) + equal + quicksort(larger)


print(quicksort([3, 6, 1, 8, 2, 9, 2]))  # [1, 2, 2, 3, 6, 8, 9]
''',
        (
            "The pivot splits the list into three parts, and the outer two are sorted in the same way.",
            "On average it needs about n log n comparisons.",
        ),
    ),
    Snippet(
        r"merge ?sort",
        '''
def merge_sort(items: list) -> list:
    """Return a sorted copy of `items`; equal items keep their order."""
    if len(items) <= 1:
        return list(items)
    middle = len(items) // 2
    left, right = merge_sort(items[:middle]), merge_sort(items[middle:])
    merged = []
    i = j = 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            merged.append(left[i])
            i += 1
        else:
            merged.append(right[j])
            j += 1
    return merged + left[i:] + right[j:]


print(merge_sort([5, 2, 9, 1, 5]))  # [1, 2, 5, 5, 9]
''',
        (
            "Both halves are sorted first and then merged in one pass.",
            "It always takes about n log n steps and is stable.",
        ),
    ),
    Snippet(
        r"binary search",
        '''
def binary_search(items: list, target) -> int:
    """Return the index of `target` in the sorted list `items`, or -1."""
    low, high = 0, len(items) - 1
    while low <= high:
        middle = (low + high) // 2
        if items[middle] == target:
            return middle
        if items[middle] < target:
            low = middle + 1
        else:
            high = middle - 1
    return -1


print(binary_search([1, 3, 5, 7, 9, 11], 7))  # 3
''',
        (
            "Every comparison halves the part that is left, so a million items take about twenty steps.",
            "The list has to be sorted.",
        ),
    ),
    Snippet(
        r"\bgcd\b|greatest common divisor|euclid",
        '''
def gcd(a: int, b: int) -> int:
    """Return the greatest common divisor of a and b."""
    while b:
        a, b = b, a % b
    return abs(a)


print(gcd(48, 36))  # 12
''',
        (
            "This is Euclid's algorithm: the pair is replaced by the smaller number and the remainder until the "
            "remainder is zero.",
        ),
    ),
)
