"""What the scripts share: the client's options as the test gives them, and answers as JSON on stdout."""

import inspect
import json
import os
from typing import Any


def options(client: type) -> dict[str, Any]:
    """The JSON in CLIENT_OPTIONS, without what this release's client does not take (1.0.4 always compresses)."""
    given = json.loads(os.environ.get("CLIENT_OPTIONS", "{}"))
    taken = inspect.signature(client).parameters
    return {name: value for name, value in given.items() if name in taken}


def as_dict(message: Any) -> dict[str, Any]:
    from google.protobuf.json_format import MessageToDict  # not every environment has it

    return MessageToDict(message, preserving_proto_field_name=True)


def say(value: Any) -> None:
    print(json.dumps(value), flush=True)
