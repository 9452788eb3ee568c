"""A research job by the synchronous client: submitted, then polled until it ends; every view of it is kept."""

import time

import macrocosmos
from common import as_dict, options, say

client = macrocosmos.ApexClient(**options(macrocosmos.ApexClient))
job = client.deep_research.create_job(
    messages=[{"role": "user", "content": "How does Bittensor decide what each subnet is paid?"}],
    seed=42,
    model="Default",
    sampling_parameters={"temperature": 0.7, "top_p": 0.95, "max_new_tokens": 8192, "do_sample": False},
)
views = []
for _ in range(400):
    views.append(as_dict(client.deep_research.get_job_results(job_id=job.job_id)))
    if views[-1]["status"] in ("completed", "failed"):
        break
    time.sleep(0.02)
say({"submitted": as_dict(job), "views": views})
