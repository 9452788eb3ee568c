"""What every schema of the document is made of, and numbers and switches as their readers take them.

JSON's own types say less than a reader accepts: pydantic, like FastAPI, reads "3" and true as numbers and "yes" as a
switch; proto3's JSON reads int64 as a number or as a string. A schema here says what is accepted, so that a program can
tell what must be refused.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

STRING: Schema = {"type": "string"}
NULL: Schema = {"type": "null"}
# Something besides what Python strips: its notion of blank, which is the fake's.
FILLED: Schema = {"type": "string", "minLength": 1, "pattern": r"[^\s\u001c-\u001f\u0085]"}
INT64 = 1 << 63


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def either(*schemas: Schema) -> Schema:
    return {"anyOf": list(schemas)}


def array(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def record(fields: Mapping[str, Schema], *, optional: tuple[str, ...] = (), closed: bool = True) -> Schema:
    """An object with all these fields but the optional ones, and, when closed, with no others."""
    made: Schema = {"type": "object", "properties": dict(fields)}
    if required := [name for name in fields if name not in optional]:
        made["required"] = required
    if closed:
        made["additionalProperties"] = False
    return made


def whole(least: int | None = None, most: int | None = None) -> Schema:
    """A JSON integer within bounds, those of int64 at most."""
    return {
        "type": "integer",
        "minimum": -INT64 if least is None else least,
        "maximum": INT64 - 1 if most is None else most,
    }


def digits(least: int | None, most: int | None) -> Schema:
    """A string of digits that is sure to be within bounds; longer ones may be read as well."""
    longest = len(str(most)) - 1 if most is not None else 18
    sign = "-?" if least is None else ""
    number = "[1-9]" + (f"[0-9]{{0,{longest - 1}}}" if longest > 1 else "") if least == 1 else f"[0-9]{{1,{longest}}}"
    return {"type": "string", "pattern": f"^{sign}{number}$"}


def decimals(most: float | None) -> Schema:
    """A string that reads as a number from 0 to `most`, without its digits all being given."""
    number = r"0(\.[0-9]{1,6})?|1" if most == 1 else r"[0-9]{1,2}(\.[0-9]{1,6})?"
    return {"type": "string", "pattern": f"^({number})$"}


def real(least: float | None = None, most: float | None = None) -> Schema:
    bounds = {"minimum": least, "maximum": most}
    return {"type": "number", **{name: bound for name, bound in bounds.items() if bound is not None}}
