"""The scenarios by name, and where the folder with their files is."""

from dataclasses import dataclass
from pathlib import Path

from apexload.preflight import REST, RPC

FOLDER = Path(__file__).parent.parent
GATES = FOLDER / "gates"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A Locust file, and the call by which one sees whether the target is there."""

    name: str
    file: str
    probe: str
    about: str

    @property
    def path(self) -> Path:
        return FOLDER / self.file

    @property
    def gates(self) -> Path:
        return GATES / f"{self.name}.toml"


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("chat", "chat.py", REST, "chat over REST, the whole answer at once"),
        Scenario("stream", "stream.py", REST, "chat over SSE: TTFT, ITL, complete streams"),
        Scenario("search", "search.py", REST, "web search over REST"),
        Scenario("research", "research.py", RPC, "deep research: submit, poll, complete"),
        Scenario("chats", "chats.py", RPC, "stored chats: make, change, list, search, delete"),
        Scenario("sdk", "sdk.py", RPC, "the SDK's calls over gRPC"),
        Scenario("openai", "openai_client.py", REST, "the OpenAI library, streaming and not"),
        Scenario("mixed", "mixed.py", REST, "all of it, with time to think"),
        Scenario("soak", "soak.py", REST, "the mixture for hours"),
    )
}
