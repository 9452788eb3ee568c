"""The ledger of the callers notices what is lost, changed or made up: without that, the suite would prove nothing."""

from tests.failures.callers import Caller

ROW = {"chatType": "apex", "completionType": "basic"}


def test_a_ledger_notices_what_is_not_as_it_was_acknowledged(server, key):
    """A chat that is gone, a row that has another text, a chat that nobody asked for, a job that went back."""
    caller = Caller(server.url, key)
    for _ in range(80):
        caller.step()
    caller.check()
    assert caller.wrong == []

    lost, kept = caller._living()[:2]
    changed = next(id for id, row in caller.rows.items() if row.chat == kept)
    caller.call("DeleteChats", chatIds=[lost])
    caller.call("UpdateCompletionAttributes", completionId=changed, completionText="half a te")
    caller.call("CreateChatAndCompletion", userPrompt="who asked for this?", **ROW)
    caller.check()
    said = "\n".join(caller.wrong)
    for what in (f"chat {lost} is lost", f"row {changed} is not as it was acknowledged", "was never asked for"):
        assert what in said

    job = next(iter(caller.jobs.values()))
    job.chunks = [*job.chunks, "more than there is"]
    caller.wrong.clear()
    for _ in range(200):
        caller.step()
    assert any("went back" in line for line in caller.wrong)
    caller.http.close()
