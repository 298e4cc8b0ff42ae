"""What a worker may be seen to do, and how that looks: colour, and always height or hatching as well.

Full height is work, half is being held up, a line is waiting. Each colour has a contrast of at least 3 : 1 with the
ground (https://www.w3.org/TR/WCAG21/#non-text-contrast), white or, in the second, that of a dark page.
"""

from typing import NamedTuple

from concurrency.measuring import tracing
from concurrency.measuring.on_cores import NO_CORE, ON_A_CORE


class State(NamedTuple):
    """How one state is drawn: `height` as a share of its lane's."""

    name: str
    colour: str
    dark: str
    height: float
    hatched: bool = False


STATES = {
    state.name: state
    for state in (
        State("connecting", "#B0507F", "#E19DC3", 1.0, hatched=True),
        State("waiting for the first byte", "#7F7F7F", "#979797", 0.2),
        State("receiving", "#007A59", "#3ED3A6", 1.0),
        State("waiting for acknowledgements", "#3A957A", "#2FA283", 0.5),
        State("computing", "#0072B2", "#56B4E9", 1.0),
        State("working", "#0072B2", "#56B4E9", 1.0),  # a function of the user's own
        State(ON_A_CORE, "#0072B2", "#56B4E9", 1.0),
        State(NO_CORE, "#A66A00", "#E69F00", 0.5, hatched=True),
        State(tracing.WAITS_FOR_GIL, "#D55E00", "#FF8A4C", 0.2),
        State(tracing.WAITS_FOR_SOMETHING, "#7F7F7F", "#979797", 0.2),
        State(tracing.OFF, "#7F7F7F", "#979797", 0.2),
        State("the event loop runs something", "#1A1A1A", "#EEEEEE", 1.0),
        State("the link carries something", "#3079B5", "#6FA8DC", 1.0),
    )
}
RUNS, CARRIES = "the event loop runs something", "the link carries something"
QUEUED, READY, WAITING = "items queued", "tasks ready", "tasks waiting"
