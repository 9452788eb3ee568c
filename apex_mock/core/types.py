"""The records that everything else speaks in. Frozen: a change is a new record. Those made for every call are named
tuples, which are made three times as fast as frozen dataclasses.

Times are whole microseconds since the Unix epoch. Lengths of time inside a plan are seconds from the plan's start.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from apex_mock.errors import ApexError
from apex_mock.seed import digest

Micros = int


class Operation(StrEnum):
    """Everything a client can ask for, whatever the wire."""

    CHAT = "chat"
    SEARCH = "search"
    SUBMIT_RESEARCH = "submit_research"
    GET_RESEARCH = "get_research"
    LIST_CHATS = "list_chats"
    LIST_COMPLETIONS = "list_completions"
    GET_COMPLETION = "get_completion"
    UPDATE_CHAT = "update_chat"
    DELETE_CHATS = "delete_chats"
    CREATE_CHAT = "create_chat"
    CREATE_COMPLETION = "create_completion"
    DELETE_COMPLETIONS = "delete_completions"
    SEARCH_CHATS = "search_chats"
    UPDATE_COMPLETION = "update_completion"
    LIST_RESEARCH_COMPLETIONS = "list_research_completions"
    LIST_MODELS = "list_models"
    CREATE_KEY = "create_key"
    MODIFY_KEY = "modify_key"
    DELETE_KEY = "delete_key"
    AVAILABLE_MINERS = "available_miners"
    MINER_AVAILABILITIES = "miner_availabilities"
    UNKNOWN = "unknown"


class Caller(NamedTuple):
    """Who asks: `owner` is whose rows they are (the key, or the user a service key acts for), `scope` whose world."""

    scope: str = ""
    owner: str = ""
    transport: str = "python"
    app: str = ""
    client: str = ""
    headers: Mapping[str, str] = MappingProxyType({})


# --- Chat -------------------------------------------------------------------------------------------------------------


class Mode(StrEnum):
    """How an answer is made (V)."""

    BASE = "base"
    MIXTURE = "mixture"
    MULTI_STEP = "multi-step"
    CHAIN_OF_THOUGHT = "chain-of-thought"


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to sample (D2). `max_new_tokens` cuts the text; temperature 0 or do_sample false allow one answer only."""

    temperature: float = 0.7
    top_p: float = 0.95
    top_k: float = 50.0
    max_new_tokens: int = 1024
    do_sample: bool = True

    @property
    def greedy(self) -> bool:
        return not self.do_sample or self.temperature == 0.0


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What to answer. `seed` None means: draw one. `model` is as asked for, "" for the standard one.

    `fingerprint` stands for what is asked, without how it is delivered: it is equal over every wire, with stream on or
    off, however long the answer may get. `size` is how many characters the messages have.
    """

    messages: tuple[Message, ...]
    uids: tuple[int, ...] = ()
    seed: int | None = None
    task: str = "InferenceTask"
    model: str = ""
    mode: Mode = Mode.BASE
    sampling: Sampling = Sampling()
    json_format: bool = False
    stream: bool = False
    usage: bool = False
    stop: tuple[str, ...] = ()
    timeout: int | None = None
    fingerprint: str = field(init=False)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        sampling = self.sampling
        asked = (
            *((m.role, m.content) for m in self.messages),
            *(self.uids, self.task, self.model, self.mode.value, self.json_format, self.seed),
            None if sampling.greedy else (sampling.temperature, sampling.top_p, sampling.top_k),
        )
        object.__setattr__(self, "fingerprint", digest(0, repr(asked)).hex())
        object.__setattr__(self, "size", sum(len(message.content) for message in self.messages))

    def __hash__(self) -> int:
        return hash((self.fingerprint, self.sampling.max_new_tokens, self.stop))

    @property
    def prompt(self) -> str:
        """The last thing the user said; nothing where there are no messages, which is refused later."""
        last = self.messages[-1].content if self.messages else ""
        return next((m.content for m in reversed(self.messages) if m.role == "user"), last)


class FinishReason(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"


@dataclass(frozen=True, slots=True)
class Usage:
    prompt_tokens: int
    completion_tokens: int

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


class Chunk(NamedTuple):
    """A piece of text that is due `after` seconds from the start of its plan."""

    text: str
    after: float = 0.0


class ToolCall(NamedTuple):
    """A function that the answer asks the client to call; `arguments` is JSON, as text."""

    name: str
    arguments: str = "{}"
    id: str = ""


class Plan(NamedTuple):
    """Everything a client will be sent, and when. `text` is all of `chunks`, of which there is at least one.

    With `error` set, the stream ends in it after its last chunk; with `cut`, after its last chunk without a word.
    """

    id: str
    created: int
    model: str
    text: str
    chunks: tuple[Chunk, ...]
    finish_reason: FinishReason = FinishReason.STOP
    usage: Usage | None = None
    mode: Mode = Mode.BASE
    miners: tuple[int, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    error: ApexError | None = None
    cut: bool = False

    @property
    def duration(self) -> float:
        """Seconds from the plan's start until its last chunk is due."""
        return self.chunks[-1].after


# --- Web retrieval ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search by `n_miners` miners, or by `uids`. By surface one of two caps applies: per miner (D1), in all (D2).

    `max_response_time` is in seconds; a slower miner contributes nothing.
    """

    query: str
    uids: tuple[int, ...] = ()
    n_miners: int = 3
    per_miner: int | None = None
    in_all: int | None = None
    max_response_time: int = 20


@dataclass(frozen=True, slots=True)
class WebResult:
    url: str
    content: str
    relevant: str


# --- Deep research ----------------------------------------------------------------------------------------------------


class JobStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class Progress(StrEnum):
    """What moves a job on."""

    ELAPSED = "elapsed"
    POLLS = "polls"
    IMMEDIATE = "immediate"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Job:
    """A research job as it was submitted; its status and chunks are computed from this and the time.

    `chunks[i].after` is when chunk i appears, in seconds from `created_at`; it runs from `starts_after` on. With
    `error` set it fails after its last chunk; `stuck`, it runs on without another. `polls` are the times of its polls,
    kept only where polls move it.
    """

    id: str
    owner: str
    created_at: Micros
    chunks: tuple[Chunk, ...]
    starts_after: float = 0.0
    error: str | None = None
    progress: Progress = Progress.ELAPSED
    polls_needed: int = 5
    polls: tuple[Micros, ...] = ()
    moved: Micros = 0
    stuck: bool = False

    @property
    def duration(self) -> float:
        return self.chunks[-1].after if self.chunks else self.starts_after


@dataclass(frozen=True, slots=True)
class ResearchMode:
    """How jobs go on: what moves them, how many polls complete one that polls move, how long they take.

    `duration` is in seconds and wins over the profile's, which `scale` multiplies. With `fail_at` a job fails after
    that many chunks, with `error` as its text; with `stuck_at` it goes no further than that.
    """

    progress: Progress = Progress.ELAPSED
    polls: int = 5
    scale: float = 1.0
    duration: float | None = None
    fail_at: int | None = None
    error: str = "The research could not be completed"
    stuck_at: int | None = None

    def __post_init__(self) -> None:
        for name, value, least in (("polls", self.polls, 1), ("scale", self.scale, 0), ("duration", self.duration, 0)):
            if value is not None and not least <= value < 1e9:
                raise ValueError(f"{name} must be at least {least}, not {value}")
        for name, stage in (("fail_at", self.fail_at), ("stuck_at", self.stuck_at)):
            if stage is not None and stage < 0:
                raise ValueError(f"{name} must be at least 0, not {stage}")


@dataclass(frozen=True, slots=True)
class ScopeChoice:
    """What a scope has chosen for itself; None: as the server does."""

    id: ClassVar[str] = "choice"
    profile: str | None = None
    research: ResearchMode | None = None
    strict: bool | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Surprises:
    """What a test of a scope should hear of, oldest first: a path that does not exist, a bug of ours..."""

    id: ClassVar[str] = "surprises"
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LaidStubs:
    """Which stubs of a folder are laid down, by scope and id; `id` is the folder's path."""

    id: str
    stubs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as it is at one instant."""

    id: str
    status: JobStatus
    created_at: Micros
    updated_at: Micros
    chunks: tuple[str, ...] = ()
    error: str | None = None


# --- Stored chats -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chat:
    """A stored chat. `user_id` names its owner without giving the owner's key away."""

    id: str
    owner: str
    user_id: str
    title: str
    chat_type: str
    created_at: Micros
    updated_at: Micros


@dataclass(frozen=True, slots=True)
class Completion:
    """A row of a chat. `completed_at` is 0 until a completion text is set."""

    id: str
    chat_id: str
    owner: str
    completion_type: str
    created_at: Micros
    completed_at: Micros = 0
    user_prompt_text: str = ""
    completion_text: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    error_message: str = ""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key made over the API-key calls (V); `rate_limit` is in requests a minute, `used` of them since `window`."""

    id: str
    rate_limit: int
    window: Micros = 0
    used: int = 0
