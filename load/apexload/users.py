"""The users of the scenarios: when each begins its next request, and how it sends one.

Closed model: a user pauses (`--think`) and goes on. Open model: the users of a process take turns with the schedule;
each takes the next arrival and waits until it is due. When all are busy, the next arrival is sent late, which is
measured (`lateness`), and its `response` time counts from when it was due.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import gevent
from locust import FastHttpUser, TaskSet, User
from locust.contrib.fasthttp import ResponseContextManager
from locust.env import Environment

from apex_mock.seed import rng
from apexload import prompts
from apexload.locusts import METER
from apexload.meter import FOREVER, Call, Wrong
from apexload.options import Options

SOURCE = "apex-mock-load"


class ApexUser(User):
    """What every user has: its options, its own random numbers, its turn."""

    abstract = True
    think: tuple[float, float] = (0.0, 0.0)  # seconds, least and most; --think wins
    _made = 0

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        ApexUser._made += 1
        self.options: Options = METER.options
        # Whatever order the users run in, each asks what it would ask alone.
        self.random = rng(self.options.seed, "user", METER.share[0], ApexUser._made)
        self._due: float | None = None

    def on_start(self) -> None:
        if self.options.rate:
            gevent.sleep(self._take_turn())

    def wait_time(self) -> float:
        """Locust asks how long to wait. The wait is here, so that who wakes up after the end begins nothing more."""
        gevent.sleep(self._pause())
        return FOREVER if METER.ended else 0.0

    def _pause(self) -> float:
        if METER.ended:
            return FOREVER
        if self.options.rate:
            return self._take_turn()
        least, most = self.options.think or self.think
        return self.random.uniform(least, most) if most else 0.0

    def _take_turn(self) -> float:
        self._due = METER.next_due()
        return FOREVER if self._due is None else max(0.0, self._due - perf_counter())

    def call(self, operation: str, kind: str = "POST") -> Call:
        """Counts one request; the first of a turn is the one that was due."""
        due, self._due = self._due, None
        return Call(METER, self.environment, operation, kind, due)

    def prompt(self, kind: str) -> str:
        return prompts.draw(kind, self.random)

    def draw_seed(self) -> int:
        """A seed for a request; by default from the range in which the API draws one itself."""
        return self.random.randrange(self.options.variety)

    @property
    def headers(self) -> dict[str, str]:
        """Who calls, and what --header adds."""
        key = {"authorization": f"Bearer {self.options.api_key}"} if self.options.api_key else {}
        return {**key, "x-source": SOURCE, **self.options.headers}


class HttpUser(ApexUser, FastHttpUser):
    """Over REST, SSE and Connect's JSON."""

    abstract = True
    insecure = False  # a certificate counts: the key is sent. SSL_CERT_FILE names an authority of your own

    def __init__(self, environment: Environment) -> None:
        options = METER.options
        self.network_timeout = self.connection_timeout = options.timeout
        super().__init__(environment)
        self._headers = {**self.headers, "content-type": "application/json"}

    def post(self, path: str, body: Mapping[str, Any], call: Call) -> dict[str, Any]:
        """The answer's JSON. Raises Wrong, or what the connection raises."""
        response = self._send(path, body, stream=False)
        content = response.content or b""
        call.length = len(content)
        try:
            value = json.loads(content)
        except ValueError:
            raise Wrong("an answer that is not JSON") from None
        if not isinstance(value, dict | list):
            raise Wrong("an answer that is no JSON object")
        return value  # type: ignore[return-value]  # web_retrieval's may be a list; its task looks

    def stream(self, path: str, body: Mapping[str, Any]) -> ResponseContextManager:
        """An answer of which only the head has come. Raises as `post` does."""
        return self._send(path, body, stream=True)

    def _send(self, path: str, body: Mapping[str, Any], *, stream: bool) -> ResponseContextManager:
        # With catch_response and no `with`, Locust counts nothing: Call does.
        response = self.client.post(
            path, data=json.dumps(body), headers=self._headers, catch_response=True, stream=stream, name=path
        )
        if response.status_code == 0 and response.error is not None:  # type: ignore[attr-defined]  # set by Locust
            raise response.error  # type: ignore[attr-defined]  # as above
        if response.status_code != 200 and response.status_code != 202:
            raise Wrong(f"HTTP {response.status_code}")
        return response


def weighted(tasks: Mapping[Callable[..., None], int]) -> list[TaskSet | Callable[..., Any]]:
    """A user's `tasks`: each as often as it weighs."""
    return [task for task, weight in tasks.items() for _ in range(weight)]


def address_of(host: str) -> tuple[str, bool]:
    """host:port for gRPC, and whether over TLS."""
    parts = urlsplit(host)
    secure = parts.scheme == "https"
    return f"{parts.hostname}:{parts.port or (443 if secure else 80)}", secure


def every(seconds: float) -> Iterator[None]:
    """Pauses between turns of a loop."""
    while True:
        yield
        gevent.sleep(seconds)
