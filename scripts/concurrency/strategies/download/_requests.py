"""What the strategies built on requests share: a session, and reading one page to its end."""

import requests


def new_session() -> requests.Session:
    """A session (one connection pool) that looks at no proxies or .netrc of the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


def fetch(session: requests.Session, url: str) -> tuple[int, int]:
    """GET `url`, read all of its body, and return its status and size in bytes; (0, 0) if the transfer failed."""
    size = 0
    try:
        with session.get(url, stream=True) as response:
            for chunk in response.iter_content(65536):
                size += len(chunk)
            return response.status_code, size
    except requests.RequestException:
        return 0, 0
