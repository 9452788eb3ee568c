"""Chat over REST: a question, and the whole answer at once."""

from apexload.tasks import chat
from apexload.users import HttpUser


class Chat(HttpUser):
    tasks = [chat]
