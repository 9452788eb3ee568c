"""Breaks of API keys, of health and of who is on the network."""

from typing import Any

import orjson

from apex_mock.core.types import ApiKey
from apex_mock.mock import ApexMock
from apex_mock.store.memory import MemoryStore
from apex_mock.transports import sn1 as routes
from apex_mock.wire import sn1

from .mutant import HttpAnswer, Patch, mutant

# --- API keys ---------------------------------------------------------------------------------------------------------


@mutant("KEYS-001")
def a_key_under_another_name(patch: Patch) -> None:
    """A key that was made is called key."""
    patch.bodies(b'"api_key"', b'"key"', only="create-api-key")


@mutant("KEYS-002")
def any_admin_key(patch: Patch) -> None:
    """Every admin-key is right."""
    patch(ApexMock, "_check_admin", lambda was: lambda self, key: None)


@mutant("KEYS-003", "KEYS-004")
def unknown_keys_are_no_error(patch: Patch) -> None:
    """Changing or deleting a key that does not exist succeeds."""

    def succeed(was: Any) -> Any:
        async def nothing(self: Any, key: str, *args: Any) -> None:
            if await self.store.get(ApiKey, "", key) is not None:
                await was(self, key, *args)

        return nothing

    patch(ApexMock, "modify_key", succeed)
    patch(ApexMock, "delete_key", succeed)


@mutant("KEYS-005")
def a_new_key_is_forgotten(patch: Patch) -> None:
    """A key that was made is not let in."""

    def add(was: Any) -> Any:
        async def added(self: Any, scope: str, *records: Any) -> None:
            await was(self, scope, *(record for record in records if not isinstance(record, ApiKey)))

        return added

    patch(MemoryStore, "add", add)


@mutant("KEYS-006")
def a_deleted_key_lives_on(patch: Patch) -> None:
    """A key that was deleted is let in."""

    def remove(was: Any) -> Any:
        async def removed(self: Any, kind: Any, scope: str, ids: Any) -> int:
            return 1 if kind is ApiKey else await was(self, kind, scope, ids)

        return removed

    patch(MemoryStore, "remove", remove)


@mutant("KEYS-007")
def a_rate_stays(patch: Patch) -> None:
    """A key's rate cannot be raised."""

    def modify(was: Any) -> Any:
        async def modified(self: Any, key: str, rate_limit: int, admin_key: str) -> None:
            await was(self, key, 1, admin_key)

        return modified

    patch(ApexMock, "modify_key", modify)


@mutant("KEYS-008")
def a_rate_of_its_own(patch: Patch) -> None:
    """A key without a rate is made."""
    patch(routes, "_whole", lambda was: lambda request, name, default=None: was(request, name, default or 60))


# --- Health and miners ------------------------------------------------------------------------------------------------


@mutant("HEALTH-001")
def well(patch: Patch) -> None:
    """The server says that it is well, in a word of its own."""
    patch.bodies(b'"ok"', b'"well"', only="/health")


@mutant("MINERS-001")
def twenty_by_default(patch: Patch) -> None:
    """get_available_miners gives twenty uids."""
    patch(
        routes,
        "_whole",
        lambda was: lambda request, name, default=None: was(request, name, 20 if name == "k" else default),
    )


@mutant("MINERS-002")
def k_is_ignored(patch: Patch) -> None:
    """get_available_miners gives ten uids, whatever k."""
    patch(ApexMock, "available_miners", lambda was: lambda self, task, model, count: was(self, task, model, 10))


@mutant("MINERS-003")
def tasks_are_ignored(patch: Patch) -> None:
    """get_available_miners gives those who serve another task."""

    def available(was: Any) -> Any:
        def others(self: ApexMock, task: str, model: str, count: int) -> list[int]:
            return [m.uid for m in self.network.miners if not task or task not in m.tasks][:count]

        return others

    patch(ApexMock, "available_miners", available)


@mutant("MINERS-004")
def models_are_ignored(patch: Patch) -> None:
    """get_available_miners gives those who serve another model."""

    def available(was: Any) -> Any:
        def others(self: ApexMock, task: str, model: str, count: int) -> list[int]:
            return [m.uid for m in self.network.miners if not model or model not in m.models][:count]

        return others

    patch(ApexMock, "available_miners", available)


@mutant("MINERS-005")
def models_are_not_told(patch: Patch) -> None:
    """Availabilities say nothing of models."""
    patch.bodies(b"llm_model_availabilities", b"models", only="/miner_availabilities/miner_availabilities")


@mutant("MINERS-006")
def nobody_is_not_there(patch: Patch) -> None:
    """A uid that nobody has is left out of the availabilities."""

    def change(answer: HttpAnswer) -> None:
        if answer.path.endswith("/miner_availabilities") and answer.status == 200:
            told = {uid: miner for uid, miner in orjson.loads(answer.body).items() if miner is not None}
            answer.body = orjson.dumps(told)

    patch.answers(change)


@mutant("MINERS-007")
def null_means_none(patch: Patch) -> None:
    """For null nobody's availabilities are told."""
    patch(sn1, "read_uids", lambda was: lambda body: was(body) or [])
