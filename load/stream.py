"""Chat over SSE: when the first token comes, how the others follow, whether the stream comes whole."""

from apexload.tasks import stream
from apexload.users import HttpUser


class Stream(HttpUser):
    tasks = [stream]
