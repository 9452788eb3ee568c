"""Schemas of the REST bodies, from their pydantic models, as pydantic reads them: not only JSON's own types.

Source of the readings: the validator is a FastAPI program (V), and so reads in pydantic's lax mode.
"""

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from apex_mock.wire.openapi.schemas import Schema, decimals, digits, either, real, whole

_YES = ("1", "on", "t", "true", "y", "yes")
_NO = ("0", "off", "f", "false", "n", "no")


class _Lax(GenerateJsonSchema):
    def int_schema(self, schema: Any) -> JsonSchemaValue:
        least = schema.get("ge")
        most = schema["lt"] - 1 if "lt" in schema else schema.get("le")
        return either(whole(least, most), _switch(least), digits(least, most))

    def float_schema(self, schema: Any) -> JsonSchemaValue:
        return either(real(schema.get("ge"), schema.get("le")), _switch(schema.get("ge")), decimals(schema.get("le")))

    def bool_schema(self, schema: Any) -> JsonSchemaValue:
        any_case = "|".join("".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in word) for word in _YES + _NO)
        return either({"type": "boolean"}, {"enum": [0, 1]}, {"type": "string", "pattern": f"^({any_case})$"})


def _switch(least: float | None) -> Schema:
    """true reads as 1, false as 0, if they are within bounds."""
    return {"const": True} if least == 1 else {"type": "boolean"}


def body_schema(model: Any, into: dict[str, Schema]) -> Schema:
    """The schema of a body, a model or any other type; what it refers to goes `into` the components."""
    made = TypeAdapter(model).json_schema(schema_generator=_Lax, ref_template="#/components/schemas/{model}")
    into.update({name: _plain(schema) for name, schema in made.pop("$defs", {}).items()})
    plain: Schema = _plain(made)
    return plain


def _plain(schema: Any) -> Any:
    """Without the titles that pydantic makes of names, and without defaults of null."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    left_out = {"title"} if isinstance(schema.get("title"), str) else set()
    if "default" in schema and schema["default"] is None:
        left_out.add("default")
    return {name: _plain(part) for name, part in schema.items() if name not in left_out}
