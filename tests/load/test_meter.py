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


# A process that was held up before the run began, and not in it.
HELD_UP = """
import sys, time
sys.path.insert(0, sys.argv[1])
import gevent
from apexload.meter import Meter
from apexload.options import Options

meter = Meter()
gevent.spawn(meter.watch_lag)
gevent.sleep(0)
time.sleep(1)
meter.start(Options(), 60)
while "lag" not in meter.measures.generator:
    gevent.sleep(0.01)
print(meter.measures.generator["lag"].greatest < 900)
"""


def test_what_held_the_generator_up_before_the_run_is_no_lag_of_the_run():
    """A timer that was set before the beginning says nothing of it."""
    command = [sys.executable, "-c", HELD_UP, str(FOLDER)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == "True\n", done.stderr


def test_who_was_about_to_begin_at_the_end_may_finish():
    """What is begun is neither killed nor lost; it was not in time, and so is none of the throughput."""
    command = [sys.executable, "-c", ABOUT_TO_BEGIN, str(FOLDER)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split() == ["1", "0", "0"], done.stderr
