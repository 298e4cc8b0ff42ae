"""The downloader as a command of its own, for the contest `job` of peers.py: python job.py IN_FLIGHT FILE-WITH-URLS

Downloads into the working directory and prints each page's SHA-256.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from concurrency.downloader import fetch


def main(in_flight: str, listed: str) -> None:
    urls = Path(listed).read_text(encoding="utf-8").split()
    manners, limits = fetch.Manners(int(in_flight)), fetch.Limits()
    for page in fetch.fetch_all(urls, urls, Path(), "job", manners, limits, lambda _page, _detail: None):
        if page.error:
            sys.exit(f"{page.url}: {page.error}")
        print(page.sha256)


if __name__ == "__main__":
    main(*sys.argv[1:])
