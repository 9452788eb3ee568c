"""Runs in the SDK's own environment, and knows nothing of ours: one JSON request a line in, one JSON answer a line out.

The SDK's client makes a call where it has a method for it and takes these fields; else the stubs that the SDK carries.
This file has a folder to itself, since a program's folder is where it imports from first.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import Mapping
from typing import Any

import grpc
import macrocosmos
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message_factory import GetMessageClass
from macrocosmos.generated.apex.v1 import apex_pb2
from macrocosmos.generated.apex.v1.apex_pb2_grpc import ApexServiceStub

METHODS = apex_pb2.DESCRIPTOR.services_by_name["ApexService"].methods_by_name
ADDRESS, SECURE = os.environ["MACROCOSMOS_BASE_URL"], os.environ["MACROCOSMOS_USE_HTTPS"] == "true"
TIMEOUT = float(os.environ.get("CONTRACT_TIMEOUT", "60"))
JOB_FIELDS = {"messages", "uids", "model", "sampling_parameters", "seed"}
SEARCH_FIELDS = {"search_query", "n_miners", "n_results", "max_response_time", "uids"}
CANNOT_SAY = "CANNOT_SAY"  # this release of the SDK has no such field
SAID = re.compile(r"StatusCode\.([A-Z_]+): (.*)", re.DOTALL)


def as_json(message: Any) -> Any:
    return MessageToDict(message, preserving_proto_field_name=True)


async def by_client(method: str, body: Mapping[str, Any], key: str) -> "list[Any] | None":
    """What the SDK's own client answers; None when it has no method that takes this."""
    client = macrocosmos.AsyncApexClient(
        api_key=key, base_url=ADDRESS, secure=SECURE, timeout=int(TIMEOUT), app_name="contract"
    )
    fields = dict(body)
    if method in ("ChatCompletion", "ChatCompletionStream") and fields.get("messages"):
        fields.pop("stream", None)
        streamed = method.endswith("Stream")
        answer = await client.chat.completions.create(stream=streamed, **fields)
        return [message async for message in answer] if streamed else [answer]
    if method == "WebRetrieval" and set(fields) <= SEARCH_FIELDS and "uids" not in fields and "search_query" in fields:
        if "n_results" in fields:
            fields["max_results_per_miner"] = fields.pop("n_results")
        return [await client.web_search.search(**fields)]
    research = getattr(client, "deep_research", None)
    if research and method == "SubmitDeepResearcherJob" and fields.get("messages") and set(fields) <= JOB_FIELDS:
        return [await research.create_job(**fields)]
    if research and method == "GetDeepResearcherJob" and fields.get("job_id"):
        return [await research.get_job_results(**fields)]
    return None


async def by_stub(method: str, body: Mapping[str, Any], metadata: Mapping[str, str]) -> list[Any]:
    made = grpc.aio.secure_channel(ADDRESS, grpc.ssl_channel_credentials()) if SECURE else None
    async with made or grpc.aio.insecure_channel(ADDRESS) as channel:
        request = ParseDict(dict(body), GetMessageClass(METHODS[method].input_type)())
        call = getattr(ApexServiceStub(channel), method)(request, metadata=tuple(metadata.items()), timeout=TIMEOUT)
        return [message async for message in call] if METHODS[method].server_streaming else [await call]


async def answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    method, body, metadata, key = asked["method"], asked["body"], asked["metadata"], asked["key"]
    try:
        messages = await by_client(method, body, key) if key and set(metadata) == {"authorization"} else None
        if messages is None:
            messages = await by_stub(method, body, metadata)
    except ParseError as error:
        return {"code": CANNOT_SAY, "message": str(error), "answers": []}
    except grpc.RpcError as error:
        return {"code": error.code().name, "message": error.details() or "", "answers": []}
    except macrocosmos.types.MacrocosmosError as error:
        said = SAID.search(str(error))
        code, message = (said[1], said[2]) if said else ("UNKNOWN", str(error))
        return {"code": code, "message": message, "answers": []}
    return {"code": "OK", "message": "", "answers": [as_json(message) for message in messages]}


async def main() -> None:
    loop = asyncio.get_running_loop()
    print(json.dumps({"methods": list(METHODS.keys())}), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
