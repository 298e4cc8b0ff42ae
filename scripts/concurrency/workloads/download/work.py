"""The work of downloads: read a page to its end, by a function or by a coroutine; a client of each kind."""

from concurrency.work import Work

NEEDS = {"function": ("requests",), "coroutine": ("aiohttp",)}


def build(form: str, notes: str | None = None) -> Work:
    """The `form` (`function` or `coroutine`) of it; the other one is not even imported, as each takes its client."""
    if form == "function":
        from concurrency.workloads.download import by_requests  # noqa: PLC0415

        return Work(function=by_requests.fetch, open=by_requests.session)
    from concurrency.workloads.download import by_aiohttp  # noqa: PLC0415

    return Work(coroutine=by_aiohttp.fetch, open_on_loop=by_aiohttp.session)
