"""How research jobs go on, as somebody wrote it down: in a header, a control call, a test."""

from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError

from apex_mock.core.types import ResearchMode
from apex_mock.errors import InvalidRequest

_MODE = TypeAdapter(ResearchMode)


def research_mode(changes: dict[str, Any], base: ResearchMode | None = None) -> ResearchMode:
    """A research mode from its fields by name, on top of another. Raises InvalidRequest, which names them."""
    known = asdict(base or ResearchMode())
    if unknown := sorted(set(changes) - set(known)):
        raise InvalidRequest(f"no {unknown[0]!r}; there are {', '.join(known)}", ("research",))
    try:
        return _MODE.validate_python({**known, **changes})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InvalidRequest(first["msg"], ("research", *first["loc"])) from None
