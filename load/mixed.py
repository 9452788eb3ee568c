"""Everything at once, with time to think."""

from apexload.tasks import MIXTURE
from apexload.users import HttpUser


class Mixed(HttpUser):
    think = (1.0, 3.0)
    tasks = MIXTURE
