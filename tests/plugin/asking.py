"""How the handle's tests call the fake."""

import httpx

MESSAGES = [{"role": "user", "content": "Where is my refund?"}]


def ask(apex, text="Where is my refund?", **body):
    sent = {"messages": [{"role": "user", "content": text}], **body}
    return httpx.post(f"{apex.url}/v1/chat/completions", headers={"api-key": apex.key}, json=sent)


def said(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["choices"][0]["message"]["content"]


def job_of(wire, text):
    return wire.call("SubmitDeepResearcherJob", {"messages": [{"role": "user", "content": text}]}).value["jobId"]


def poll(wire, job_id):
    return wire.call("GetDeepResearcherJob", {"job_id": job_id}).value
