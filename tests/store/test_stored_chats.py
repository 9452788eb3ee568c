"""The machine of tests/mock/test_stored_chats.py on the stores that are not in memory."""

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from apex_mock import ApexMock, Settings
from apex_mock.clock import Clock
from tests.mock.test_stored_chats import StoredChats


def test_stored_chats_are_what_the_model_says(shared_url):
    """Whatever two users do in two scopes; each example begins with an empty store."""

    class OnStore(StoredChats):
        def make(self) -> ApexMock:
            mock = ApexMock(Settings(store=shared_url), clock=Clock(lambda: self.now))
            self.run(mock.reset())
            return mock

    run_state_machine_as_test(OnStore, settings=settings(max_examples=10, stateful_step_count=20))
