"""API keys over the REST host: made, given another rate, deleted."""

from .. import expect
from ..answer import Answer
from ..clause import Nature, Need, clause
from ..clients.base import Client
from ..operations import Op
from .errors import HELLO

WRITES = Nature.WRITES
KNOWN = [Need.ADMIN, Need.KEYRING]


def manage(client: Client, operation: Op, admin: str | None = None, **fields: object) -> Answer:
    admin_key = client.target.admin_key or "" if admin is None else admin
    return client.call(operation, fields, key=None, headers={"admin-key": admin_key})


def made_key(client: Client, rate_limit: int = 100) -> str:
    answer = expect.succeeds(manage(client, Op.CREATE_KEY, rate_limit=rate_limit))
    key: str = answer.value.get("api_key", "")
    expect.filled(key, "api_key", answer)
    return key


@clause("KEYS-001", "V", Op.CREATE_KEY, nature=WRITES, needs=[Need.ADMIN])
def a_key_is_made(client: Client) -> None:
    """Making a key answers {"message": "API key created", "api_key": ...}, each time with another key."""
    answers = [expect.succeeds(manage(client, Op.CREATE_KEY, rate_limit=5)) for _ in range(2)]
    for answer in answers:
        expect.equal(sorted(answer.raw), ["api_key", "message"], "the fields of the answer", answer)
        expect.equal(answer.raw["message"], "API key created", "message", answer)
    expect.distinct([answer.raw["api_key"] for answer in answers], "two keys")


@clause("KEYS-002", "V", Op.CREATE_KEY, Op.MODIFY_KEY, Op.DELETE_KEY, keyless=True)
def the_admin_key_is_needed(client: Client) -> None:
    """With a wrong admin-key, making, changing and deleting are 403 "Invalid admin key"."""
    for operation in (Op.CREATE_KEY, Op.MODIFY_KEY, Op.DELETE_KEY):
        fields = {} if operation is Op.CREATE_KEY else {"key": "some-key"}
        if operation is not Op.DELETE_KEY:
            fields["rate_limit"] = "5"
        answer = manage(client, operation, "contract-wrong-admin-key", **fields)
        expected = (403, {"detail": "Invalid admin key"})
        expect.equal((answer.status, answer.raw), expected, f"status and body of {operation}", answer)


@clause("KEYS-003", "V", Op.MODIFY_KEY, needs=[Need.ADMIN])
def an_unknown_key_cannot_change(client: Client) -> None:
    """Changing a key that does not exist is 404 "API key not found"."""
    answer = manage(client, Op.MODIFY_KEY, key="no-such-key", rate_limit=5)
    expect.equal((answer.status, answer.raw), (404, {"detail": "API key not found"}), "status and body", answer)


@clause("KEYS-004", "V", Op.DELETE_KEY, needs=[Need.ADMIN])
def an_unknown_key_cannot_be_deleted(client: Client) -> None:
    """Deleting a key that does not exist is 404 "API key not found"."""
    answer = manage(client, Op.DELETE_KEY, key="no-such-key")
    expect.equal((answer.status, answer.raw), (404, {"detail": "API key not found"}), "status and body", answer)


@clause("KEYS-005", "V", Op.CREATE_KEY, Op.CHAT, nature=WRITES, needs=KNOWN)
def a_made_key_works(client: Client) -> None:
    """A key that was made is let in."""
    expect.succeeds(client.with_key(made_key(client)).call(Op.CHAT, HELLO))


@clause("KEYS-006", "V", Op.DELETE_KEY, Op.CREATE_KEY, Op.CHAT, nature=WRITES, needs=KNOWN)
def a_deleted_key_works_no_longer(client: Client) -> None:
    """A key that was deleted is refused with 403 "Invalid API key"."""
    key = made_key(client)
    expect.succeeds(manage(client, Op.DELETE_KEY, key=key))
    answer = expect.fails(client.with_key(key).call(Op.CHAT, HELLO), "unauthenticated")
    expect.equal(answer.raw, {"detail": "Invalid API key"}, "the body", answer)


@clause("KEYS-007", "V", Op.MODIFY_KEY, Op.CREATE_KEY, Op.CHAT, nature=WRITES, needs=KNOWN)
def a_rate_can_change(client: Client) -> None:
    """A key whose rate was raised may go on at once."""
    key = made_key(client, 1)
    limited = client.with_key(key)
    expect.succeeds(limited.call(Op.CHAT, HELLO))
    expect.fails(limited.call(Op.CHAT, HELLO), "resource_exhausted")
    expect.succeeds(manage(client, Op.MODIFY_KEY, key=key, rate_limit=50))
    expect.succeeds(limited.call(Op.CHAT, HELLO))


@clause("KEYS-008", "V", Op.CREATE_KEY, needs=[Need.ADMIN])
def a_rate_is_needed(client: Client) -> None:
    """A key cannot be made without a rate: 422."""
    answer = manage(client, Op.CREATE_KEY)
    expect.equal(answer.status, 422, "the status", answer)
