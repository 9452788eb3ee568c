"""The mixed traffic for hours: what grows, leaks or slows down shows against the first minutes."""

from apexload.tasks import MIXTURE
from apexload.users import HttpUser


class Soak(HttpUser):
    think = (1.0, 3.0)
    tasks = MIXTURE
