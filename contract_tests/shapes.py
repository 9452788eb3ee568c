"""What an answer looks like without what it says: for the parity of two targets."""

from typing import Any

from .answer import Answer

KINDS = {bool: "true or false", int: "number", float: "number", str: "text", type(None): "null"}


def shape_of(answer: Answer) -> str:
    """One line: the operation, how it ended, and the names and kinds of what came."""
    ending = f"{answer.operation} {answer.code}" + (f" {answer.status}" if answer.status else "")
    if answer.raw_events:
        return f"{ending} events {kind(list(answer.raw_events))}"
    if answer.raw is not None:
        return f"{ending} {kind(answer.raw)}"
    if answer.events:
        return f"{ending} events {kind(list(answer.events))}"
    return f"{ending} {kind(answer.value)}" if answer.value else ending


def kind(value: Any) -> str:
    """`{name: text, results: [{url: text}]}`. A list has the kinds of its members; metadata is the caller's own."""
    if isinstance(value, dict):
        named = {"<number>" if name.isdigit() else name: part for name, part in sorted(value.items())}
        parts = (f"{name}: {'object' if name == 'metadata' else kind(part)}" for name, part in named.items())
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, list):
        return "[" + " | ".join(sorted({kind(part) for part in value})) + "]"
    return KINDS.get(type(value), "text")
