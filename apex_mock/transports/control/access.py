"""Who may use the control API, and read `/metrics`.

On a server that only this machine can reach, whoever calls it by a name of this machine: a web page that has its own
name resolve to 127.0.0.1 (DNS rebinding), or that posts here from another origin, is refused. On one that other
machines can reach, whoever sends its token. In process, without a socket, nobody is kept out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from apex_mock.asgi import HttpRequest, Json
from apex_mock.auth import header_map, is_one_of
from apex_mock.core.credentials import AUTHORIZATION, CONTROL_TOKEN
from apex_mock.transports.control.asking import Handler

OPEN_PATHS = ("/__apex/health", "/__apex/ready")  # for whoever only has to know that it is up
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\[\]:]+))(?::\d*)?")
SAME = (None, "same-origin", "none")  # what Sec-Fetch-Site may say


@dataclass(frozen=True, slots=True)
class Access:
    """`hosts`: the names by which the control API may be called, without ports; None: by any. `token`: what a caller
    must send, "" for nothing."""

    hosts: frozenset[str] | None = None
    token: str = ""

    def refusal(self, request: Request) -> tuple[int, str] | None:
        """The status and the reason with which a request is turned away; None: it may pass."""
        sent = tuple(request.scope["headers"])
        headers = header_map(sent)
        if sum(name == b"host" for name, _ in sent) > 1:
            return 400, "there is more than one Host header"
        if self._is_cross_site(headers.get("origin"), headers.get("host", ""), headers.get("sec-fetch-site")):
            return 403, "this is not for pages of other origins"
        if self.token:
            if request.url.path in OPEN_PATHS or is_one_of(_sent(headers), [self.token]):
                return None
            return 401, f"this is for those who know this server's token: send the header '{CONTROL_TOKEN}: <token>'"
        if self.hosts is not None and host_of(headers.get("host", "")) not in self.hosts:
            return 403, "this answers only to a name of this machine, such as 127.0.0.1 or localhost"
        return None

    def guarded(self, handle: Handler) -> Handler:
        """A route's handler, for those who have access."""

        @wraps(handle)
        async def guarded(request: HttpRequest) -> Response:
            refusal = self.refusal(request)
            if refusal is not None:
                status, why = refusal
                return Json({"detail": why}, status)
            return await handle(request)

        return guarded

    @staticmethod
    def _is_cross_site(origin: str | None, host: str, site: str | None) -> bool:
        if origin is not None and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
            return True
        return site not in SAME


ANYBODY = Access()


def host_of(header: str) -> str:
    """The name in a Host header: without its port, and an IPv6 address without its brackets; "" if it has no such
    form."""
    found = _HOST.fullmatch(header.strip().lower())
    return (found[1] or found[2]) if found else ""


def _sent(headers: Mapping[str, str]) -> str:
    token = headers.get(CONTROL_TOKEN)
    if token is not None:
        return token
    scheme, _, token = headers.get(AUTHORIZATION, "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
