"""Virtual environments and node_modules for the clients, made once and kept under .cache/clients.

Each is made beside its place under a lock and then renamed: parallel workers wait for one another, and a run that is
cut short leaves nothing half-made. Its name carries a digest of what it is made from, so a new lock file makes anew.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CACHE = ROOT / ".cache" / "clients"
LOCKS = HERE / "locks"
NODE = HERE / "node"
INSTALL_TIMEOUT = 500  # seconds
PIP = (sys.executable, "-m", "pip")
INSTALL = ("install", "--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "60")
UV = Path(sys.executable).with_name("uv")
_NO_NETWORK = re.compile(
    "NewConnectionError|ConnectTimeoutError|ReadTimeoutError|NameResolutionError|Max retries exceeded|ProxyError"
    "|Connection refused|Network is unreachable|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH"
)


class Unreachable(Exception):
    """The package registry cannot be reached, so a client cannot be had."""


def virtual_environment(name: str, *, with_the_fake: bool = False) -> Path:
    """The python of the environment that locks/<name>.txt describes. Raises Unreachable.

    `with_the_fake` also installs the working tree, so that the environment holds a client and apex-mock both.
    """
    lock = LOCKS / f"{name}.txt"

    def make(folder: Path) -> None:
        _install(name, [sys.executable, "-m", "venv", "--without-pip", str(folder)])
        _packages(name, folder, "--require-hashes", "-r", str(lock))
        if with_the_fake:
            _packages(name, folder, "--no-deps", "--no-build-isolation", "-e", str(ROOT))

    inputs = [lock.read_bytes()]
    if with_the_fake:  # installed where it stands, with its metadata as they are now
        inputs += [(ROOT / "pyproject.toml").read_bytes(), str(ROOT).encode()]
    return _cached(name, inputs, make) / "bin" / "python"


def node_modules() -> Path:
    """The folder of packages that node/package-lock.json describes. Raises Unreachable."""
    files = [NODE / "package.json", NODE / "package-lock.json", NODE / ".npmrc"]

    def make(folder: Path) -> None:
        folder.mkdir()
        for path in files:
            shutil.copy(path, folder)
        _install("node packages", ["npm", "ci", "--ignore-scripts", "--loglevel=error"], folder)

    return _cached("node", [path.read_bytes() for path in files], make) / "node_modules"


def _cached(name: str, inputs: Sequence[bytes], make: Callable[[Path], None]) -> Path:
    digest = sha256(b"\0".join([sys.version.encode(), *inputs])).hexdigest()[:12]
    place = CACHE / f"{name}-{digest}"
    if place.is_dir():
        return place
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.is_dir():
            half_made = CACHE / f"{place.name}.tmp"
            shutil.rmtree(half_made, ignore_errors=True)
            make(half_made)
            half_made.rename(place)
    return place


def _packages(name: str, folder: Path, *arguments: str) -> None:
    """By uv, which does a tenth of pip's work; where it cannot, by pip, whose word on what is wrong counts."""
    python = str(folder / "bin" / "python")
    index = os.environ.get("PIP_INDEX_URL") or _run([*PIP, "config", "get", "global.index-url"]).stdout.strip()
    uv = [str(UV), "pip", "install", "--python", python, *arguments]
    if not UV.exists() or _run(uv, UV_DEFAULT_INDEX=index, UV_HTTP_RETRIES="1").returncode:
        _install(name, [*PIP, "--python", python, *INSTALL, *arguments])


def _run(command: Sequence[str], folder: Path | None = None, **more: str) -> "subprocess.CompletedProcess[str]":
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")} | more
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=INSTALL_TIMEOUT, check=False
    )


def _install(name: str, command: Sequence[str], folder: Path | None = None) -> None:
    done = _run(command, folder)
    if done.returncode == 0:
        return
    said = done.stdout + done.stderr
    if _NO_NETWORK.search(said):
        raise Unreachable(f"{name} is not installed, and the package registry cannot be reached")
    raise RuntimeError(f"cannot install {name}: {' '.join(command)}\n{said}")
