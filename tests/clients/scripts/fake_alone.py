"""The fake's own health, reflection and one call of it, on whichever protobuf this environment has."""

import google.protobuf
import grpc
from common import say
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

import apex_mock

with apex_mock.serve() as server, grpc.insecure_channel(server.address) as channel:
    health = health_pb2_grpc.HealthStub(channel)
    status = health.Check(health_pb2.HealthCheckRequest(service="apex.v1.ApexService")).status
    reflected = ProtoReflectionDescriptorDatabase(channel)
    service = reflected.FindFileContainingSymbol("apex.v1.ApexService").service[0]
    say(
        {
            "protobuf": google.protobuf.__version__,
            "health": health_pb2.HealthCheckResponse.ServingStatus.Name(status),
            "services": sorted(reflected.get_services()),
            "methods": [method.name for method in service.method],
        }
    )
