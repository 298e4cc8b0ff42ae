"""Whether and when a page is tried again."""

from typing import cast

import tenacity

from concurrency.downloader.failures import FetchError
from concurrency.downloader.jobs import Job
from concurrency.downloader.limits import Limits


class Retries:
    """Up to so many, after times that grow, or after what the server asked for if that is longer."""

    def __init__(self, limits: Limits) -> None:
        backoff = tenacity.wait_random_exponential(
            multiplier=limits.backoff_s, min=limits.backoff_s / 2, max=limits.max_wait_s
        )
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda failure: cast(FetchError, failure).passing),
            wait=lambda state: max(backoff(state), _asked_wait_s(state)),
            stop=tenacity.stop_after_attempt(limits.retries + 1) | tenacity.stop_before_delay(limits.page_s),
            reraise=True,
        )
        self._retrying.begin()

    def next(self, job: Job, failure: FetchError) -> tuple[bool, float]:
        """Whether `job` is tried again after this failure, and the seconds until then."""
        if job.retry is None:
            job.retry = tenacity.RetryCallState(self._retrying, None, (), {})
            job.retry.start_time = job.began
        job.retry.set_exception((FetchError, failure, None))
        try:
            self._retrying.iter(job.retry)
        except FetchError:
            return False, self._retrying.wait(job.retry)
        job.retry.prepare_for_next_attempt()
        return True, job.retry.upcoming_sleep


def _asked_wait_s(state: tenacity.RetryCallState) -> float:
    assert state.outcome
    return cast(FetchError, state.outcome.exception()).wait_s
