"""A page read with requests: the function of the downloads, and the session that each worker has of its own."""

import requests

from concurrency.codings import ACCEPTED
from concurrency.workloads.download import trust


def session() -> requests.Session:
    """A session (one connection pool) that looks at no proxies or .netrc of the environment."""
    opened = requests.Session()
    opened.trust_env = False
    opened.verify = trust.bundle() or True
    opened.headers["Accept-Encoding"] = ACCEPTED
    return opened


def fetch(url: str, session: requests.Session) -> tuple[int, int]:
    """GET `url`, read all of its body, and return its status and size in bytes; (0, 0) if the transfer failed."""
    size = 0
    try:
        with session.get(url, stream=True) as response:
            for chunk in response.iter_content(65536):
                size += len(chunk)
            return response.status_code, size
    except requests.RequestException:
        return 0, 0
