"""--apex-shared: one server for all workers of pytest-xdist. The controller starts it and tells each worker where."""

from typing import Any

import pytest

from apex_mock.testing.ground import Ground

URL = "apex_url"  # the key in what xdist tells a worker


class Shared:
    """A plugin of the controller's. The server starts with the first worker and ends with the session."""

    def __init__(self) -> None:
        self._ground: Ground | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        if self._ground is None:
            self._ground = Ground()
        node.workerinput[URL] = self._ground.server.url

    def pytest_unconfigure(self) -> None:
        if self._ground is not None:
            self._ground.stop()
            self._ground = None
