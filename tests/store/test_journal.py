"""The journal: what was asked and answered, bounded, without a key in it."""

from hypothesis import given
from hypothesis import strategies as st

from apex_mock.core.types import Caller, ChatRequest, Chunk, Message, Operation, Plan
from apex_mock.journal import ENTRY_BYTES, MemoryJournal, redact

CALLER = Caller("scope", "secret-key-123")


def plan(text: str) -> Plan:
    return Plan("id", 0, "model", text, (Chunk(text),))


def asked(journal: MemoryJournal, text: str = "", caller: Caller = CALLER):
    return journal.open(0, Operation.CHAT, caller, ChatRequest((Message("user", text),)))


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3000)), max_size=40), st.integers(1, 20))
def test_it_never_holds_more_than_it_may(calls, max_entries):
    """Neither in entries nor in bytes, questions and answers; the oldest go first, and are counted."""
    journal = MemoryJournal(max_entries, 10_000)
    for asked_size, answer_size in calls:
        journal.answered(asked(journal, "x" * asked_size), plan("x" * answer_size))
        assert len(journal) <= max_entries
        assert sum(e.size for e in journal) <= 10_000
    assert len(journal) + journal.evicted == len(calls) == journal.seq
    assert [e.seq for e in journal] == list(range(journal.evicted + 1, len(calls) + 1))


def test_an_answer_that_comes_after_its_call_was_forgotten_is_not_counted():
    """A slow call may outlive its own entry."""
    journal = MemoryJournal(1, 10_000)
    first = asked(journal)
    second = asked(journal)
    journal.answered(first, plan("x" * 9000))
    assert list(journal) == [second]
    assert len(journal) == 1


def test_it_keeps_all_that_fits():
    """The last thousand, not fewer."""
    journal = MemoryJournal(3, 10 * ENTRY_BYTES)
    for _ in range(5):
        asked(journal)
    assert [e.seq for e in journal] == [3, 4, 5]


@given(st.text(min_size=4, max_size=40))
def test_a_key_is_not_to_be_read_from_its_name(key):
    """Different keys have different names, an absent one has none."""
    assert redact(key).startswith("key-")
    assert key not in redact(key).removeprefix("key-")
    assert redact(key) == redact(key) != redact(key + "x")
    assert redact("") == ""


def test_an_entry_tells_who_called_without_the_key():
    """By the digest of its owner."""
    assert asked(MemoryJournal(10, 10_000)).by == redact("secret-key-123")


async def test_clearing_a_scope_leaves_the_others():
    """And the bytes of the cleared ones are free again."""
    journal = MemoryJournal(100, 4 * ENTRY_BYTES)
    asked(journal, caller=Caller("a"))
    asked(journal, caller=Caller("b"))
    asked(journal, caller=Caller("a"))
    await journal.clear("a")
    assert [e.scope for e in journal] == ["b"]
    for _ in range(3):
        asked(journal, caller=Caller("a"))
    assert (len(journal), journal.evicted) == (4, 0)
    await journal.clear()
    assert len(journal) == 0


def test_reading_it_while_calls_come_in_is_safe():
    """What is read is what was there at the start."""
    journal = MemoryJournal(10, 100_000)
    asked(journal)
    for _ in journal:
        asked(journal)
    assert len(journal) == 2


def test_a_stream_s_frames_have_their_times_and_texts():
    """As far as it got; an answer that is no stream leaves in one piece, when it ends."""
    journal = MemoryJournal(10, 100_000)
    chunks = (Chunk("a"), Chunk("b", 1), Chunk("c", 1), Chunk("d", 9))
    streamed = asked(journal)
    journal.answered(streamed, Plan("id", 0, "model", "abcd", chunks))
    assert streamed.frames == []
    streamed.sent(500_000, 1)
    streamed.sent(1_500_000, 2)
    assert streamed.frames == [(500_000, 0.5, "a"), (1_500_000, 1.5, "b"), (1_500_000, 1.5, "c")]
    whole = asked(journal)
    journal.answered(whole, Plan("id", 0, "model", "abcd", chunks))
    assert whole.frames == []
    whole.end(2_000_000)
    assert whole.frames == [(2_000_000, 2.0, "abcd")]
    failed = asked(journal)
    failed.end(1, "internal")
    assert failed.frames == []


def test_the_headers_of_an_unmatched_call_count_among_its_bytes():
    """However long they are."""
    journal = MemoryJournal(10, 3 * ENTRY_BYTES)
    first, second = asked(journal), asked(journal)
    journal.unmatched(second, {"x-long": "x" * ENTRY_BYTES, "x-none": None})
    assert list(journal) == [second]
    journal.unmatched(first, {"x-long": "x" * ENTRY_BYTES})
    assert list(journal) == [second]
