"""Deep research over Connect's JSON: submit, poll, complete."""

from apexload.tasks import research
from apexload.users import HttpUser


class Research(HttpUser):
    tasks = [research]
