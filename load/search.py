"""Web search over REST."""

from apexload.tasks import search
from apexload.users import HttpUser


class Search(HttpUser):
    tasks = [search]
