"""The documentation page's commands, kept as data in page/<method>.<tool>.sh; run by a shell with the host replaced."""

from pathlib import Path

PAGE = Path(__file__).parent / "page"
HOST = "constellation.api.cloud.macrocosmos.ai"
METHODS = (
    "ChatCompletion",
    "WebRetrieval",
    "SubmitDeepResearcherJob",
    "GetDeepResearcherJob",
    "GetStoredChatCompletions",
)


def command(method: str, tool: str) -> str:
    """The page's command to call a method, as it stands there."""
    return (PAGE / f"{method}.{tool}.sh").read_text()
