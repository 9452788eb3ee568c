"""What the plugin costs in work, whatever else the machine does: once for a session, and for each test.

Bounds are the promised ones, several times over what is measured.
"""

import time

from apex_mock.testing.ground import Ground
from apex_mock.testing.handle import Apex

ONCE, EACH = 0.4, 0.005  # seconds


def test_once():
    """The fake, its thread, its server, and their end."""
    began = time.process_time()
    ground = Ground()
    assert ground.server.port
    ground.stop()
    assert time.process_time() - began < ONCE


def test_each(apex):
    """What the fixture does around a test, in a world with a stub and a chat."""
    took = []
    for n in range(20):
        began = time.process_time()
        handle = Apex(apex._backend, f"{apex.key}-{n}", defaults={"seed": 1, "clock": "frozen"})
        assert handle.env
        handle.chat().replies("x")
        handle.stored_chats([{"title": "x"}])
        assert len(handle.unused()) == 1
        assert handle.complaints() == []
        assert handle.describe()
        handle.close()
        took.append(time.process_time() - began)
    assert sorted(took)[10] < EACH
