"""Deep research: a job is submitted, polled, and grows until it is completed or has failed."""

import itertools

from .. import expect
from ..answer import Answer
from ..clause import RPC, Nature, Need, clause
from ..clients.base import Client
from ..jobs import content_of, follow, researched, submit
from ..operations import Op, Transport

COSTS = Nature.COSTS
RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
STATUSES = ("pending", "running", "completed", "failed")
BOTH = (Op.SUBMIT_JOB, Op.GET_JOB)


def submitted(client: Client) -> Answer:
    return expect.succeeds(submit(client))


@clause("JOB-001", "D1", Op.SUBMIT_JOB, nature=COSTS)
def pending_at_once(client: Client) -> None:
    """A submitted job is answered at once, with its id and the status pending."""
    answer = submitted(client)
    expect.filled(answer.value.get("job_id"), "job_id", answer)
    expect.equal(answer.value.get("status"), "pending", "status", answer)


@clause("JOB-002", "D1", Op.SUBMIT_JOB, nature=COSTS)
def times_are_equal_at_first(client: Client) -> None:
    """At submission created_at and updated_at are equal."""
    answer = submitted(client)
    expect.equal(answer.value.get("updated_at"), answer.value.get("created_at"), "updated_at", answer)


@clause("JOB-003", "D1", *BOTH, nature=COSTS)
def times_are_rfc3339(client: Client) -> None:
    """A job's times are UTC, RFC 3339 with microseconds and Z."""
    followed = researched(client)
    for value in (followed.submitted.value, *followed.views):
        for name in ("created_at", "updated_at"):
            expect.matches(value.get(name), RFC3339, name)


@clause("JOB-004", "V", Op.SUBMIT_JOB, nature=COSTS, transports=[Transport.REST])
def accepted_with_202(client: Client) -> None:
    """On REST a submission is answered with 202."""
    answer = submitted(client)
    expect.equal(answer.status, 202, "the status", answer)


@clause("JOB-005", "V", Op.SUBMIT_JOB, transports=[Transport.REST])
def rest_takes_one_mode(client: Client) -> None:
    """On REST a job in any other mode than Chain-of-Thought is refused with 400, and the detail says so."""
    answer = client.chat(operation=Op.SUBMIT_JOB, inference_mode="Base-Inference")
    expect.equal(answer.status, 400, "the status", answer)
    said = {"detail": "This endpoint only accepts Chain-of-Thought inference mode"}
    expect.equal(answer.raw, said, "the body", answer)


@clause("JOB-006", "V SDK", Op.GET_JOB)
def unknown_job(client: Client) -> None:
    """A job that does not exist is not_found; on REST the detail is "Job with ID {job_id} not found"."""
    answer = expect.fails(client.call(Op.GET_JOB, {"job_id": "no-such-job"}), "not_found")
    if client.transport is Transport.REST:
        expect.equal(answer.raw, {"detail": "Job with ID no-such-job not found"}, "the body", answer)


@clause("JOB-007", "D1", *BOTH, nature=COSTS)
def statuses_go_forward(client: Client) -> None:
    """A job is pending, then running, then completed or failed, and never goes back."""
    statuses = [view.get("status") for view in researched(client).views]
    for status in statuses:
        expect.one_of(status, STATUSES, "status")
    ranks = [min(STATUSES.index(str(status)), 2) for status in statuses]
    expect.equal(ranks, sorted(ranks), "the order of the statuses (0 pending, 1 running, 2 ended)")
    expect.equal(statuses[-1], "completed", "the last status")
    if client.target.control:  # whose clock moves in steps small enough to see it
        expect.holds(
            {"pending", "running"} <= set(statuses), "the statuses", "pending and running among them", statuses
        )


@clause("JOB-008", "D1 SDK", *BOTH, nature=COSTS)
def seq_ids_count_from_one(client: Client) -> None:
    """The chunks' seq_id is 1, 2, 3 and so on, in order."""
    for view in researched(client).views:
        got = [chunk.get("seq_id") for chunk in view.get("result", [])]
        expect.equal(got, list(range(1, len(got) + 1)), "the seq_ids")


@clause("JOB-009", "D1 SDK", *BOTH, nature=COSTS)
def a_chunk_is_json_in_a_string(client: Client) -> None:
    """A chunk is a string that is a JSON array of one delta, which holds content."""
    for chunk in researched(client).last.get("result", []):
        expect.filled(content_of(chunk), "the chunk's content")


@clause("JOB-010", "D1 SDK", *BOTH, nature=COSTS)
def chunks_stay(client: Client) -> None:
    """A poll holds every chunk so far: what was seen once is there again, unchanged and at its place."""
    views = researched(client).views
    for earlier, later in itertools.pairwise(views):
        before, after = list(earlier.get("result", [])), list(later.get("result", []))
        expect.equal(after[: len(before)], before, "the chunks that were there before")


@clause("JOB-011", "D1", *BOTH, nature=COSTS)
def updated_at_moves(client: Client) -> None:
    """updated_at moves with each new chunk or status, and never back."""
    views = researched(client).views
    for earlier, later in itertools.pairwise(views):
        grew = len(later.get("result", [])) > len(earlier.get("result", []))
        before, after = str(earlier.get("updated_at")), str(later.get("updated_at"))
        if grew or later.get("status") != earlier.get("status"):
            expect.holds(after > before, "updated_at after a new chunk or status", f"later than {before}", after)
        expect.holds(after >= before, "updated_at", f"not before {before}", after)


@clause("JOB-012", "D1", *BOTH, nature=COSTS)
def created_at_stays(client: Client) -> None:
    """created_at and job_id are those of the submission."""
    followed = researched(client)
    for view in followed.views:
        for name in ("job_id", "created_at"):
            expect.equal(view.get(name), followed.submitted.value.get(name), name)


@clause("JOB-013", "D1", *BOTH, nature=COSTS)
def grows_while_running(client: Client) -> None:
    """A pending job has no chunks, and a running one shows some before it is completed."""
    views = researched(client).views
    pending = [len(view.get("result", [])) for view in views if view.get("status") == "pending"]
    expect.equal([count for count in pending if count], [], "chunks of a pending job")
    if client.exact:
        running = {len(view.get("result", [])) for view in views if view.get("status") == "running"}
        expect.holds(len(running) > 1, "chunks while running", "a growing number", sorted(running))


@clause("JOB-014", "D1 V", *BOTH, nature=COSTS)
def the_last_chunk_is_the_answer(client: Client) -> None:
    """On completion the last chunk is the final answer."""
    texts = researched(client).texts
    expect.matches(texts[-1] if texts else "", r"\n## Final Answer\n.*\S.*\n", "the last chunk")


@clause("JOB-015", "D1", *BOTH, nature=COSTS, needs=[Need.CONTROL])
def a_failed_job_says_why(client: Client) -> None:
    """A failed job has error set, keeps the chunks that it had, and never gets to its final answer."""
    client.control.research(fail_at=3, error="no more miners")
    failed = follow(client)
    expect.equal(failed.last.get("status"), "failed", "status")
    expect.equal(failed.last.get("error"), "no more miners", "error")
    expect.equal(len(failed.texts), 3, "the number of chunks")
    expect.equal([text for text in failed.texts if "## Final Answer" in text], [], "final answers")


@clause("JOB-016", "D1", *BOTH, nature=COSTS)
def no_error_unless_failed(client: Client) -> None:
    """A job that has not failed has no error."""
    for view in researched(client).views:
        expect.holds(not view.get("error"), f"error of a job that is {view.get('status')}", "none", view.get("error"))


@clause("JOB-017", "V", *BOTH, nature=COSTS, transports=[Transport.REST])
def rest_result(client: Client) -> None:
    """On REST result is a list of objects of a number seq_id and a string chunk."""
    for answer in researched(client).answers:
        for chunk in answer.raw.get("result") or ():
            kinds = {name: type(value).__name__ for name, value in chunk.items()}
            expect.equal(kinds, {"seq_id": "int", "chunk": "str"}, "the fields of a chunk", answer)


@clause("JOB-018", "D1 SDK", Op.SUBMIT_JOB, nature=COSTS, transports=(*RPC, Transport.SDK))
def rpc_takes_any_mode(client: Client) -> None:
    """On RPC a job is a job whether or not the request names a mode."""
    for fields in ({}, {"inference_mode": "Chain-of-Thought"}, {"inference_mode": "Base-Inference"}):
        answer = expect.succeeds(submit(client, **fields))
        expect.equal(answer.value.get("status"), "pending", f"status with {fields or 'no mode'}", answer)


@clause("JOB-019", "D1 SDK", Op.SUBMIT_JOB)
def a_job_needs_messages(client: Client) -> None:
    """A job without messages is refused as invalid."""
    expect.fails(client.call(Op.SUBMIT_JOB, {"messages": []}), "invalid_argument")


@clause("JOB-020", "D1", Op.SUBMIT_JOB, nature=COSTS)
def job_ids_differ(client: Client) -> None:
    """Each job has an id of its own, also when the same is asked twice."""
    expect.distinct([submitted(client).value.get("job_id") for _ in range(2)], "the ids of two jobs")


@clause("JOB-021", "D1 SDK", *BOTH, nature=COSTS, needs=[Need.CONTROL])
def polling_changes_nothing(client: Client) -> None:
    """Time moves a job, not the polls: two polls at one instant give the same."""
    client.control.freeze()
    job_id = submitted(client).value["job_id"]
    client.control.advance(1.5)
    first, second = (expect.succeeds(client.call(Op.GET_JOB, {"job_id": job_id})) for _ in range(2))
    expect.equal(second.value, first.value, "the second poll", second)


@clause("JOB-022", "D1", Op.GET_JOB, Op.SUBMIT_JOB, nature=COSTS, transports=[Transport.CONNECT])
def connect_names(client: Client) -> None:
    """Over Connect a job has jobId, createdAt and updatedAt, and its chunks a seqId that is a string."""
    answers = researched(client).answers
    missing = sorted({"jobId", "status", "createdAt", "updatedAt", "result"} - set(answers[-1].raw))
    expect.equal(missing, [], "fields that a completed job lacks", answers[-1])
    for chunk in answers[-1].raw["result"]:
        kinds = {name: type(value).__name__ for name, value in chunk.items()}
        expect.equal(kinds, {"seqId": "str", "chunk": "str"}, "the fields of a chunk", answers[-1])
