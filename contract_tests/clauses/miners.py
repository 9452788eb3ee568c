"""The REST host's health, and who is on the network."""

from typing import Any

from .. import expect
from ..clause import clause
from ..clients.base import Client
from ..operations import Op

NO_SUCH_UID = 65_000
LLAMA = "hugging-quants/Meta-Llama-3.1-70B-Instruct-AWQ-INT4"


def available(client: Client, **query: Any) -> list[int]:
    answer = expect.succeeds(client.call(Op.AVAILABLE_MINERS, query))
    uids = answer.raw
    whole = isinstance(uids, list) and all(isinstance(uid, int) for uid in uids)
    expect.holds(whole, "the answer", "a list of uids", uids, answer)
    expect.distinct(uids, "the uids", answer)
    return list(uids)


def availabilities(client: Client, uids: list[int] | None) -> dict[str, Any]:
    answer = expect.succeeds(client.call(Op.MINER_AVAILABILITIES, {"uids": uids}))
    expect.holds(isinstance(answer.raw, dict), "the answer", "an object by uid", answer.raw, answer)
    return dict(answer.raw)


@clause("HEALTH-001", "V", Op.HEALTH, keyless=True)
def healthy(client: Client) -> None:
    """GET /health gives {"status": "ok"}."""
    answer = expect.succeeds(client.call(Op.HEALTH))
    expect.equal((answer.status, answer.raw), (200, {"status": "ok"}), "status and body", answer)


@clause("MINERS-001", "V", Op.AVAILABLE_MINERS)
def ten_by_default(client: Client) -> None:
    """get_available_miners gives at most ten uids unless told otherwise."""
    uids = available(client)
    expect.holds(1 <= len(uids) <= 10, "the number of uids", "one to ten", len(uids))


@clause("MINERS-002", "V", Op.AVAILABLE_MINERS)
def as_many_as_asked(client: Client) -> None:
    """get_available_miners gives at most k uids."""
    for k in (1, 3):
        uids = available(client, k=k)
        expect.holds(1 <= len(uids) <= k, f"the number of uids with k {k}", f"one to {k}", len(uids))


@clause("MINERS-003", "V", Op.AVAILABLE_MINERS, Op.MINER_AVAILABILITIES)
def by_task(client: Client) -> None:
    """Miners that are available for a task serve it."""
    found = availabilities(client, available(client, task="WebRetrievalTask", k=5))
    serving = {
        uid: (miner or {}).get("task_availabilities", {}).get("WebRetrievalTask") for uid, miner in found.items()
    }
    expect.holds(serving and all(serving.values()), "who serves WebRetrievalTask", "all of them", serving)


@clause("MINERS-004", "V", Op.AVAILABLE_MINERS, Op.MINER_AVAILABILITIES)
def by_model(client: Client) -> None:
    """Miners that are available for a model serve it."""
    found = availabilities(client, available(client, model=LLAMA, k=5))
    serving = {uid: (miner or {}).get("llm_model_availabilities", {}).get(LLAMA) for uid, miner in found.items()}
    expect.holds(serving and all(serving.values()), f"who serves {LLAMA}", "all of them", serving)


@clause("MINERS-005", "V", Op.MINER_AVAILABILITIES, Op.AVAILABLE_MINERS)
def what_is_told(client: Client) -> None:
    """Availabilities are told by uid: whether a miner serves each task, and whether it serves each model."""
    uids = available(client, k=2)
    found = availabilities(client, uids)
    expect.equal(sorted(found), sorted(map(str, uids)), "the uids")
    for miner in found.values():
        expect.equal(sorted(miner), ["llm_model_availabilities", "task_availabilities"], "the fields of a miner")
        for told in miner.values():
            truths = {type(value).__name__ for value in told.values()}
            expect.equal(truths, {"bool"}, "the kinds of an availability")


@clause("MINERS-006", "V", Op.MINER_AVAILABILITIES)
def nobody_is_null(client: Client) -> None:
    """The availabilities of a uid that nobody has are null."""
    expect.equal(availabilities(client, [NO_SUCH_UID]), {str(NO_SUCH_UID): None}, "the answer")


@clause("MINERS-007", "V", Op.MINER_AVAILABILITIES, Op.AVAILABLE_MINERS)
def null_means_all(client: Client) -> None:
    """For null the availabilities of all miners are told."""
    found, some = availabilities(client, None), available(client)
    expect.holds({str(uid) for uid in some} <= set(found), "the uids", f"{some} among them", sorted(found)[:20])
