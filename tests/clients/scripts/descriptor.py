"""Writes the SDK's own description of the API, with what it imports, as a FileDescriptorSet to the path given."""

import sys
from pathlib import Path

from common import say
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from macrocosmos.generated.apex.v1 import apex_pb2

described = FileDescriptorSet()


def add(file: FileDescriptor) -> None:
    if file.name not in [known.name for known in described.file]:
        for imported in file.dependencies:
            add(imported)
        described.file.add().MergeFromString(file.serialized_pb)


add(apex_pb2.DESCRIPTOR)
Path(sys.argv[1]).write_bytes(described.SerializeToString())
say([method.name for method in apex_pb2.DESCRIPTOR.services_by_name["ApexService"].methods])
