"""Plain grpcio, with bytes of its own making: a client in whatever language is no different."""

import grpc
import pytest


@pytest.fixture
def call(apex):
    from apex_mock.wire.gen.apex.v1 import apex_pb

    with grpc.insecure_channel(apex.address) as channel:

        def call(query):
            method = channel.unary_unary("/apex.v1.ApexService/WebRetrieval")
            sent = apex_pb.WebRetrievalRequest(search_query=query).to_binary()
            answer = method(sent, timeout=10, metadata=[("authorization", f"Bearer {apex.key}")])
            return apex_pb.WebRetrievalResponse.from_binary(answer)

        yield call


def test_a_search(apex, call):
    apex.search("refund").returns([{"url": "https://a.example/"}])
    assert [found.url for found in call("refund rules").results] == ["https://a.example/"]


def test_an_error(apex, call):
    apex.search().fails("resource_exhausted", "slow down")
    with pytest.raises(grpc.RpcError, match="slow down") as failed:
        call("refund rules")
    assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
