"""Makes calls by the SDK's own generated stubs: one JSON request a line in, one JSON reply a line out.

In: {"method", "body", "metadata"}. Out: {"code", "message", "answers"}; a stream has several answers.
"""

import json
import os
import sys
from typing import Any

import grpc
from common import as_dict, say
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass
from macrocosmos.generated.apex.v1 import apex_pb2
from macrocosmos.generated.apex.v1.apex_pb2_grpc import ApexServiceStub

METHODS = apex_pb2.DESCRIPTOR.services_by_name["ApexService"].methods_by_name


def connect() -> grpc.Channel:
    address = os.environ["MACROCOSMOS_BASE_URL"]
    if os.environ["MACROCOSMOS_USE_HTTPS"] == "true":
        return grpc.secure_channel(address, grpc.ssl_channel_credentials())
    return grpc.insecure_channel(address)


def call(stub: ApexServiceStub, method: str, body: Any, metadata: dict[str, str]) -> dict[str, Any]:
    request = ParseDict(body, GetMessageClass(METHODS[method].input_type)())
    sent = {"authorization": f"Bearer {os.environ['APEX_API_KEY']}", **metadata}
    try:
        answer = getattr(stub, method)(request, metadata=tuple(sent.items()), timeout=20)
        answers = list(answer) if METHODS[method].server_streaming else [answer]
    except grpc.RpcError as error:
        return {"code": error.code().name, "message": error.details(), "answers": []}
    return {"code": "OK", "message": "", "answers": [as_dict(message) for message in answers]}


with connect() as channel:
    stub = ApexServiceStub(channel)
    say({"methods": list(METHODS.keys())})
    for line in sys.stdin:
        asked = json.loads(line)
        say(call(stub, asked["method"], asked["body"], asked["metadata"]))
