"""The mixed traffic for hours: what grows, leaks or slows down shows against the first minutes."""

from apexload.tasks import chat, chats, research, search, stream
from apexload.users import HttpUser, weighted


class Soak(HttpUser):
    think = (1.0, 3.0)
    tasks = weighted({chat: 40, stream: 35, search: 15, chats: 7, research: 3})
