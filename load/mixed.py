"""Everything at once, as people use it: mostly chat, some search, now and then research; with time to think."""

from apexload.tasks import chat, chats, research, search, stream
from apexload.users import HttpUser, weighted


class Mixed(HttpUser):
    think = (1.0, 3.0)
    tasks = weighted({chat: 40, stream: 35, search: 15, chats: 7, research: 3})
