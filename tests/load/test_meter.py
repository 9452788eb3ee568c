"""The end of a run, in a process of its own: gevent patches nothing of ours."""

import subprocess
import sys

from apexload.scenarios import FOLDER

# A user who was told to go on just before the end, and gets his turn only after it.
ABOUT_TO_BEGIN = """
import sys
sys.path.insert(0, sys.argv[1])
import gevent
from apexload.meter import Call, Meter
from apexload.options import Options

class Environment:
    class events:
        class request:
            fire = staticmethod(lambda **_: None)

meter = Meter()
meter.start(Options(), 60)

def user():
    gevent.sleep(0)
    with Call(meter, Environment, "chat", "POST", None):
        gevent.sleep(0.05)

greenlet = gevent.spawn(user)
gevent.sleep(0)
meter.drain()
greenlet.kill()
chat = meter.measures.operations["chat"]
print(chat.requests, chat.in_time, chat.unfinished)
"""


def test_who_was_about_to_begin_at_the_end_may_finish():
    """What is begun is neither killed nor lost; it was not in time, and so is none of the throughput."""
    command = [sys.executable, "-c", ABOUT_TO_BEGIN, str(FOLDER)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout.split() == ["1", "0", "0"], done.stderr
