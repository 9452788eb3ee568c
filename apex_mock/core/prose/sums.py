"""Sums: "what is 12 * 7", worked out exactly and safely."""

import ast
import operator
import re
from collections.abc import Callable
from fractions import Fraction
from random import Random

from apex_mock.core.regex import regex

_OPS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.FloorDiv: lambda a, b: Fraction(a // b),
}
_SPOKEN = (
    (r"(\d),(?=\d{3}\b)", r"\1"),
    (r"\b(?:multiplied by|times)\b|×|·", "*"),
    (r"(?<=\d)\s*x\s*(?=\d)", "*"),
    (r"\b(?:divided by|over)\b|÷", "/"),
    (r"\bplus\b", "+"),
    (r"\bminus\b|−|–", "-"),
    (r"\b(?:modulo|mod)\b", "%"),
    (r"\bto the power of\b|\^", "**"),
    (r"\bsquared\b|²", "**2"),
    (r"\bcubed\b|³", "**3"),
    (r"(?:the )?square root of (\d+(?:\.\d+)?)|√\s*(\d+(?:\.\d+)?)", r"((\1\2)**0.5)"),
    (r"(\d+(?:\.\d+)?)\s*(?:%|percent|per cent) of", r"(\1/100)*"),
    (r"the sum of (\S+) and (\S+)", r"(\1+\2)"),
    (r"the product of (\S+) and (\S+)", r"(\1*\2)"),
    (r"the difference (?:of|between) (\S+) and (\S+)", r"(\1-\2)"),
)
_ASKS = regex(
    r"^(?:please |can you |could you )?(?:what(?:'s| is| does| do)?|calculate|compute|how much (?:is|are|"
    r"does)|evaluate|solve|work out|add up|tell me)?[\s:]*(.+?)\s*(?:equals?|equal to|make|is|"
    r"=)?[\s=?.!]*(?:please)?[\s?.!]*$",
    re.I,
)
_WORDED = {
    w: str(n)
    for n, w in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
}


def arithmetic(flat: str) -> tuple[str, str] | None:
    """The sum that a prompt asks for, as it is written, and its value; None when it asks for no sum."""
    if len(flat) > 160 or not (re.search(r"\d", flat) or re.search(r"\b(?:plus|minus|times|divided)\b", flat, re.I)):
        return None
    match = _ASKS.match(flat)
    if not match:
        return None
    text = re.sub(r"\b(?:" + "|".join(_WORDED) + r")\b", lambda m: _WORDED[m[0].lower()], match[1], flags=re.I)
    for pattern, put in _SPOKEN:
        text = re.sub(pattern, put, text, flags=re.I)
    text = text.strip(" ?=!.,")
    if (
        not re.fullmatch(r"[\d.+\-*/%() ]+", text)
        or not re.search(r"\d\s*[+\-*/%]|\*\*", text)
        or re.fullmatch(r"\d+([-/.]\d+){2,}", text)
    ):
        return None
    if re.fullmatch(r"\d{4}\s*-\s*\d{2,4}", text) and not re.match(r"(?:what|calc|comp|how|solve)", flat, re.I):
        return None
    try:
        value = _value(ast.parse(text.strip(), mode="eval").body)
    except ZeroDivisionError:
        return _pretty(text), "undefined"
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError, TypeError):
        return None
    return _pretty(match[1].strip(" ?=!.,")), _number(value)


def _value(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        if len(str(node.value)) > 40:
            raise ValueError("too long")
        return Fraction(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _value(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow):
            if abs(right) > 200 or abs(left) > 10**6:
                raise ValueError("too large")
            if right.denominator != 1:
                root = Fraction(str(round(float(left) ** float(right), 12)))
                return Fraction(round(root)) if Fraction(round(root)) ** 2 == left and right == Fraction(1, 2) else root
            return left ** int(right)
        if type(node.op) in _OPS:
            return _OPS[type(node.op)](left, right)
    raise ValueError("not a sum")


def _number(value: Fraction) -> str:
    if value.denominator == 1:
        return f"{value.numerator:,}" if abs(value) >= 10_000 else str(value.numerator)
    return f"{float(value):.6f}".rstrip("0").rstrip(".")


def _pretty(text: str) -> str:
    text = re.sub(r"\s*(?<!\*)\*(?!\*)\s*", " × ", text)
    return re.sub(r"\s*([+/])\s*", r" \1 ", text).strip()


def work_out(flat: str, random: Random) -> str:
    """A sum and its result, said in a sentence."""
    found = arithmetic(flat)
    if found is None:
        return flat
    asked, value = found
    if value == "undefined":
        return f"{asked} has no value, because division by zero is undefined."
    if re.search(r"[a-z]", asked, re.I):
        return random.choice(
            (f"The answer is {value}.", f"{asked[0].upper()}{asked[1:]} is {value}.", f"That comes to {value}.")
        )
    return random.choice((f"{asked} = {value}", f"{asked} = {value}.", f"The result is {value}: {asked} = {value}."))
