"""apex-mock: a fake of the Macrocosmos Apex API (Bittensor subnet 1) to run tests against.

from apex_mock import serve

with serve() as server:
    client = macrocosmos.ApexClient(base_url=server.address, secure=False, api_key="test-key")
"""

from typing import TYPE_CHECKING, Any

from apex_mock.errors import ApexError, Code

if TYPE_CHECKING:
    from apex_mock.app import create_app
    from apex_mock.mock import ApexMock
    from apex_mock.server import Server, serve
    from apex_mock.settings import Settings

__all__ = ["ApexError", "ApexMock", "Code", "Server", "Settings", "create_app", "serve"]

# Imported when first asked for: a test suite that only has the plugin installed pays for none of it.
_HOMES = {"ApexMock": "mock", "Server": "server", "Settings": "settings", "create_app": "app", "serve": "server"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'apex_mock' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"apex_mock.{_HOMES[name]}"), name)
