"""A scope's own world over HTTP: the seed of its answers, chats that were always there, and what surprised the fake."""

from starlette.responses import Response

from apex_mock.asgi import HttpRequest, Json
from apex_mock.core.types import Chat, Surprises
from apex_mock.errors import InvalidRequest
from apex_mock.mock import ApexMock
from apex_mock.reading import BadRule
from apex_mock.stubfile import read_chats
from apex_mock.transports.control.asking import Table, body_of, query_of, scope_of, whole, word
from apex_mock.wire.times import rfc3339


class Scopes:
    def __init__(self, mock: ApexMock) -> None:
        self.mock = mock

    def table(self) -> Table:
        return [
            ("GET", "seed", self.read_seed),
            ("POST", "seed", self.set_seed),
            ("POST", "chats", self.store_chats),
            ("GET", "surprises", self.surprises),
            ("DELETE", "surprises", self.take_surprises),
        ]

    async def read_seed(self, request: HttpRequest) -> Response:
        scope = scope_of(request)
        chosen = (await self.mock.choice(scope)).seed
        return Json({"scope": scope, "seed": self.mock.settings.seed if chosen is None else chosen})

    async def set_seed(self, request: HttpRequest) -> Response:
        """{"seed": 7}"""
        seed = whole(await body_of(request, {"seed"}), "seed")
        if seed is None:
            raise InvalidRequest("must be a whole number from 0 up", ("seed",))
        await self.mock.choose(scope_of(request), seed=seed)
        return await self.read_seed(request)

    async def store_chats(self, request: HttpRequest) -> Response:
        """{"chats": [{"title": "Bees", "rows": [{"prompt": "Hi", "completion": "Hello."}]}]}, oldest first; all of them
        or none. They are the chats of the key that the scope is called after, or of {"key": ...}."""
        scope, body = scope_of(request), await body_of(request, {"chats", "key"})
        if not scope:
            raise InvalidRequest("say whose chats they are: ?scope=KEY", ("scope",))
        try:
            given = read_chats(body.get("chats"))
            stored = await self.mock.seed_chats(scope, word(body, "key") or scope, given)
        except BadRule as error:
            raise InvalidRequest(error.problem, error.field) from None
        except ValueError as error:
            raise InvalidRequest(str(error), ("chats",)) from None
        return Json({"scope": scope, "chats": [_chat(chat) for chat in stored]}, 201)

    async def surprises(self, request: HttpRequest) -> Response:
        """What a test should hear of, oldest first: unknown paths, calls without a stub under strict, bugs. Without a
        scope, what came without a key."""
        query_of(request, set())
        scope = scope_of(request)
        found = await self.mock.store.get(Surprises, scope, Surprises.id)
        return Json({"scope": scope, "surprises": [] if found is None else list(found.told)})

    async def take_surprises(self, request: HttpRequest) -> Response:
        """The same, and forgets them."""
        query_of(request, set())
        scope = scope_of(request)
        return Json({"scope": scope, "surprises": await self.mock.take_surprises(scope)})


def _chat(chat: Chat) -> dict[str, str]:
    return {
        "id": chat.id,
        "user_id": chat.user_id,
        "title": chat.title,
        "chat_type": chat.chat_type,
        "created_at": rfc3339(chat.created_at),
        "updated_at": rfc3339(chat.updated_at),
    }
