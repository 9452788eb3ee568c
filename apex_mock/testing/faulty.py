"""A fault as a test lays it down, and what the test holds of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from apex_mock.core.faults.rules import FAULTS, Fault
from apex_mock.core.types import Operation
from apex_mock.faultfile import OPTIONS, RULE, read_fault
from apex_mock.reading import BadRule
from apex_mock.testing.asked import operation_named
from apex_mock.testing.conditions import CONDITIONS, match_of


class Suffering(Protocol):
    """Where faults are laid: the handle of a test."""

    def acted(self, fault: Fault) -> int: ...

    def mend(self, fault: Fault) -> None: ...


class LaidFault:
    """A fault that is in force. `acted` is on how many calls it has acted; `remove()` ends it."""

    def __init__(self, suffering: Suffering, fault: Fault) -> None:
        self._suffering, self.fault = suffering, fault

    @property
    def acted(self) -> int:
        return self._suffering.acted(self.fault)

    def remove(self) -> None:
        self._suffering.mend(self.fault)

    def __repr__(self) -> str:
        return f"<fault {self.fault.title}>"


def fault_of(fault: str | Mapping[str, Any], given: Mapping[str, Any]) -> Fault:
    """A fault from its name, its short form or a mapping; its options and its conditions by name.

    Raises BadRule for what it does not have, TypeError or ValueError for a condition that cannot be.
    """
    if isinstance(fault, str) and ";" not in fault and fault in FAULTS:
        own = (*OPTIONS[fault], *RULE)
        said = {"fault": fault, **{name: value for name, value in given.items() if name in own}}
        conditions = {name: value for name, value in given.items() if name not in own}
        if unknown := sorted(set(conditions) - {"operation", *CONDITIONS}):
            listed = ", ".join((*own, "operation", *CONDITIONS))
            raise BadRule(f"a {fault} fault has no {unknown[0]!r}, nor has a condition; there are {listed}")
        return conditioned(read_fault(said), conditions)
    return conditioned(read_fault(fault), given)


def conditioned(fault: Fault, conditions: Mapping[str, Any]) -> Fault:
    if not conditions:
        return fault
    known = dict(conditions)
    operation: Operation | str | None = known.pop("operation", None)
    return replace(fault, when=match_of(None if operation is None else operation_named(operation), **known))
