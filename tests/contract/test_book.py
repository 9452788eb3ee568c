"""The clauses as a book: how many, how each is entered, and that CONTRACT.md says what the code does."""

import pytest

from contract_tests.clause import BOOK, SOURCES, Book, Nature, clause
from contract_tests.document import PAGE, page
from contract_tests.operations import OPERATIONS, Op, Transport
from contract_tests.report.html import AREA_NAMES
from contract_tests.runner import every_item


def test_there_are_enough_of_them():
    """At least 120, each with a sentence of its own."""
    clauses = list(BOOK)
    assert len(clauses) >= 120
    assert len({c.sentence for c in clauses}) == len(clauses)


@pytest.mark.parametrize("operation", Op)
def test_every_operation_has_a_clause(operation):
    """That is about it, and over every transport that has it."""
    about = [c for c in BOOK if c.operations[0] is operation]
    assert {t for c in about for t in c.transports} == set(OPERATIONS[operation].transports)


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_is_named(source):
    """By some clause."""
    assert any(source in c.sources for c in BOOK)


def test_transports_have_what_their_clauses_are_about():
    """A clause speaks of no transport that lacks its operation."""
    strange = [c.id for c in BOOK if set(c.transports) - set(OPERATIONS[c.operations[0]].transports)]
    assert strange == []


def test_what_costs_or_writes_says_so():
    """A clause whose first operation makes or deletes rows is not called safe, unless all it does must be refused."""
    writing = {Op.CREATE_CHAT, Op.CREATE_ROW, Op.DELETE_CHATS, Op.DELETE_ROWS, Op.UPDATE_ROW, Op.UPDATE_CHAT}
    safe = {c.id for c in BOOK if writing & set(c.operations) and c.nature is Nature.SAFE}
    assert safe == {"CHATS-014", "ROWS-002", "ROWS-012"}  # each of an id that does not exist


def test_the_page_is_up_to_date():
    """`make contract-page` writes it."""
    assert PAGE.read_text("utf-8") == page()


def test_every_area_has_a_name():
    """In CONTRACT.md and in the report."""
    assert {c.area for c in BOOK} == set(AREA_NAMES)


@pytest.mark.parametrize(
    ("id", "sources", "sentence", "said"),
    [
        ("chat-1", "D1", "It holds.", "three digits"),
        ("CHAT-001", "D9", "It holds.", "no source"),
        ("CHAT-001", "D1", "It holds", "full stop"),
    ],
)
def test_a_clause_that_makes_no_sense_is_refused(id, sources, sentence, said):
    """When it is entered, with its id."""

    def check(client):
        pass

    check.__doc__ = sentence
    with pytest.raises(ValueError, match=f"{id}: .*{said}"):
        clause(id, sources, Op.CHAT, book=Book())(check)


def test_an_id_is_there_once():
    """Ids are for good: two clauses never share one."""
    book = Book()

    def check(client):
        """It holds."""

    clause("CHAT-001", "D1", Op.CHAT, book=book)(check)
    with pytest.raises(ValueError, match="two clauses"):
        clause("CHAT-001", "D1", Op.CHAT, book=book)(check)


def test_items_can_be_chosen():
    """By id, by area, by transport."""
    assert [c.id for c, _ in every_item(["CHAT-026"])] == ["CHAT-026"]
    assert {c.area for c, _ in every_item(["KEYS", "ROWS"])} == {"KEYS", "ROWS"}
    assert {t for _, t in every_item([], [Transport.GRPC])} == {Transport.GRPC}
    assert Transport.SDK not in {t for _, t in every_item()}
    assert Transport.SDK in {t for _, t in every_item(sdk=True)}
