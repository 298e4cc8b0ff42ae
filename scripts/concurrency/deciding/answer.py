"""The answer for a workload on a host: what was decided, and all that is to be said of it."""

from dataclasses import dataclass

from concurrency.deciding.inference import ROUNDS_TO_DECIDE, UNKNOWN, WORTHWHILE, Effect, Form
from concurrency.deciding.names import ONE_BY_ONE, arm_name
from concurrency.deciding.noise import Noise
from concurrency.deciding.tables import ArmKey


@dataclass(frozen=True)
class ArmResult:
    """What the summary has of an arm."""

    key: ArmKey
    rounds: int
    failed: int
    best: bool
    median_s: float
    cpu_s: float
    max_rss_bytes: float
    speedup: Effect
    versus_sequential: Effect
    flags: str

    @property
    def measured(self) -> int:
        """In how many rounds it was tried."""
        return self.rounds + self.failed


@dataclass(frozen=True)
class Beside:
    """An arm that has fewer or more workers than the recommended one: `longer` is its time over that one's, `memory`
    and `cpu` are the same of peak memory and CPU time; nan, if they are not known."""

    arm: ArmResult
    longer: Effect
    memory: float
    cpu: float


@dataclass(frozen=True)
class Alternative:
    """An arm of another strategy that is shown to be enough, too: `longer` is its time over that of the recommended
    one, `spares` what it does not need and that one does, in words."""

    arm: ArmResult
    longer: Effect
    spares: tuple[str, ...]


@dataclass(frozen=True)
class Why:
    """What one by one spends its time on, in shares, and how many times as fast anything can be at best: the `ceiling`,
    `set_by` something, in words; nan and empty, where that is not known."""

    waiting: float
    computing: float
    ceiling: float
    set_by: str


@dataclass(frozen=True)
class Answer:
    """What was decided from `rounds` rounds with the `arms` that compete, in the order of the summary.

    `recommended` is the simplest that `is_enough`, shown to take no longer than the best by more than `worthwhile`,
    or else the fastest, unless one by one cannot be told from that; `best` are those that cannot be told from the
    fastest. There is none where rounds were measured with different arms (`mixed`), or where no arm succeeded in all
    of them. `good_enough` are arms of other strategies that are shown to be enough, too, simplest first, and `why` what
    the time goes to and what lets nothing be faster. `fewer` and `more` are the same strategy with the next count of
    workers that was measured; `at_end` tells that none higher was ever tried, `is_cut` that there are more than the
    `items` measured. Its `speedup` is over one by one of its own interpreter; with several interpreters,
    `versus_sequential` is over the fastest one by one of them all, that of `sequential_interpreter`. `control` is the
    time of the A/A duplicate over its twin's. Of what is replayed, nothing was measured beyond `known_in_flight` (None:
    it is all known); `is_screened`: it was to be found with how many workers to measure; `never_succeeded` are arms
    whose strategies failed with any number of them, `not_measured` such as succeeded and are no finalists;
    `is_left_open`: the recording leaves more of the speed-up open than the rounds do.
    """

    workload: str
    host: str
    rounds: int
    warm_up: int
    form: Form
    arms: tuple[ArmResult, ...]
    mixed: bool
    noise: Noise
    control: Effect
    recommended: ArmResult | None = None
    best: tuple[ArmResult, ...] = ()
    worthwhile: float = WORTHWHILE
    is_enough: bool = False
    good_enough: tuple[Alternative, ...] = ()
    why: Why | None = None
    fewer: Beside | None = None
    more: Beside | None = None
    at_end: bool = False
    items: int = 0
    is_cut: bool = False
    speedup: Effect = UNKNOWN
    versus_sequential: Effect | None = None
    sequential_interpreter: str | None = None
    is_screened: bool = False
    never_succeeded: tuple[ArmKey, ...] = ()
    not_measured: tuple[ArmKey, ...] = ()
    known_in_flight: int | None = None
    is_left_open: bool = False

    @property
    def beyond(self) -> tuple[ArmResult, ...]:
        """The arms that had more in flight than was measured of what is replayed."""
        known = self.known_in_flight
        return () if known is None else tuple(arm for arm in self.arms if arm.key.workers > known)

    @property
    def ties(self) -> tuple[ArmResult, ...]:
        """The others that cannot be told from the fastest, if the recommended one cannot, either."""
        keys = [arm.key for arm in self.best]
        if self.recommended is None or self.recommended.key not in keys:
            return ()
        return tuple(arm for arm in self.best if arm.key != self.recommended.key)

    @property
    def is_above_ceiling(self) -> bool:
        """Whether the speed-up is beyond doubt larger than can be."""
        return self.why is not None and self.speedup.low > self.why.ceiling

    @property
    def in_order(self) -> list[ArmResult]:
        """The arms by name."""
        return sorted(self.arms, key=lambda arm: arm.key)

    def name(self, arm: ArmResult) -> str:
        """An arm as people say it, with its interpreter where there are several."""
        return arm_name(self.workload, arm.key, self.several_interpreters)

    @property
    def name_of_baseline(self) -> str:
        """One by one as people say it, on the interpreter of the recommended arm."""
        where = f" on {self.recommended.key.interpreter}" if self.recommended and self.several_interpreters else ""
        return f"{ONE_BY_ONE}{where}"

    @property
    def several_interpreters(self) -> bool:
        """Whether there are arms of several interpreters, so that names need it."""
        return len({arm.key.interpreter for arm in self.arms}) > 1

    @property
    def has_too_few_rounds(self) -> bool:
        """Whether there are too few rounds to decide."""
        return self.rounds < ROUNDS_TO_DECIDE
