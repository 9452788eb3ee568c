"""The OpenAI package as a client of the REST host: its own code parses what comes."""

import json
import ssl
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..answer import OK, Answer, common_json
from ..expect import CODE_BY_STATUS
from ..operations import Op, Transport
from ..redaction import Redactor
from .base import Request, Unreachable, Wire
from .http import LONGEST

if TYPE_CHECKING:
    from ..target import Target

_ARGUMENTS = ("messages", "model", "seed", "stream", "temperature", "top_p", "max_tokens", "stop", "stream_options")


def installed() -> bool:
    return find_spec("openai") is not None


class OpenAI(Wire):
    transport = Transport.OPENAI

    def __init__(self, address: str, target: "Target") -> None:
        super().__init__(address, target)
        self._clients: dict[str, Any] = {}

    def _client(self, key: str) -> Any:
        """One connection for all keys: each has a client of its own on it."""
        import openai

        if not self._clients:
            self._clients[key] = openai.OpenAI(
                base_url=f"{self.address}/v1",
                api_key=key,
                max_retries=0,
                timeout=self.target.timeout,
                http_client=openai.DefaultHttpxClient(
                    verify=ssl.create_default_context(cafile=self.target.ca), event_hooks={"response": [_read]}
                ),
            )
        elif key not in self._clients:
            self._clients[key] = next(iter(self._clients.values())).with_options(api_key=key)
        return self._clients[key]

    def send(self, request: Request) -> Answer:
        import openai

        arguments, extra = _split(request)
        if request.headers:
            arguments["extra_headers"] = dict(request.headers)
        try:
            made = self._client(request.key or "none").chat.completions.create(**arguments, extra_body=extra)
            if request.operation is Op.STREAM:
                raw = [event.model_dump(mode="json") for event in made]
                events = tuple(common_json(Op.STREAM, event) for event in raw)
                return Answer(request.operation, OK, events=events)
            return Answer(request.operation, OK, value=common_json(Op.CHAT, made.model_dump(mode="json")))
        except openai.APIStatusError as error:
            code = CODE_BY_STATUS.get(error.status_code, "unknown")
            detail = error.body.get("detail") if isinstance(error.body, dict) else error.body
            return Answer(request.operation, code, str(detail), status=error.status_code)
        except openai.APIConnectionError as error:
            raise Unreachable(f"{self.address}: {error}") from None
        except openai.APIError as error:  # an event of a stream that is an error
            return Answer(request.operation, "unavailable", str(error.message))

    def command(self, request: Request, redact: Redactor) -> str:
        arguments, extra = _split(request)
        call = json.dumps(arguments | {"extra_body": extra}, ensure_ascii=False)
        code = (
            f"import json, openai; c = openai.OpenAI(base_url={self.address + '/v1'!r}, "
            f"api_key={request.key or 'none'!r}); a = c.chat.completions.create(**json.loads({call!r})); "
            f"print({'*a, sep=chr(10)' if arguments.get('stream') else 'a'})"
        )
        return redact.shell(["python", "-c", code])

    def close(self) -> None:
        for client in list(self._clients.values())[:1]:
            client.close()


def _read(response: Any) -> None:
    """Reads an answer as httpx does, but not without end. Raises Unreachable."""
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) > LONGEST:
            address = f"{response.url.scheme}://{response.url.netloc.decode()}"
            raise Unreachable(f"{address}: no end of the answer, {len(body)} bytes so far")
    response._content = bytes(body)


def _split(request: Request) -> tuple[dict[str, Any], dict[str, Any]]:
    """The package's own arguments, and Apex's fields beside them."""
    body = {"model": "Default", **request.body}
    if request.operation is Op.STREAM:
        body["stream"] = True
    arguments = {name: body.pop(name) for name in _ARGUMENTS if name in body}
    return arguments, body
