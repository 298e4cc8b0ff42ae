"""A page read with requests: the function of the downloads, and the session that each worker has of its own."""

from typing import Any

import requests

from concurrency.workloads.download.received import HEADERS, SILENCE_S, TRUST_ENV, Received
from concurrency.workloads.download.trust import bundle


def session() -> requests.Session:
    """A session, which is one connection pool."""
    opened = requests.Session()
    opened.trust_env = TRUST_ENV
    opened.verify = bundle() or True
    opened.headers.update(HEADERS)
    return opened


def fetch(url: str, session: requests.Session) -> Any:
    """GET `url` and read all of its body; what `Received` makes of that."""
    received = Received(url)
    try:
        with session.get(url, stream=True, timeout=SILENCE_S) as response:
            for chunk in response.iter_content(65536):
                received.add(chunk)
            return received.answer(response.status_code)
    except requests.RequestException as error:
        return received.failed(error)
