"""Stored chats over Connect's JSON: make, change, list, search, delete."""

from apexload.tasks import chats
from apexload.users import HttpUser


class Chats(HttpUser):
    tasks = [chats]
