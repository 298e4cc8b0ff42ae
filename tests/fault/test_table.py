"""Each fault of the table ends as the row it must end as, after as many requests as it must take."""

import hashlib
from dataclasses import replace

import pytest

from concurrency.downloader import failures, fetch

from .cases import CASES, Case
from .fetching import LIMITS, fetch_pages


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_fault(case: Case, places, tmp_path, monkeypatch):
    if case.at not in places.urls:
        pytest.skip(f"{case.at} is not to be had here")
    monkeypatch.setenv("SSL_CERT_FILE", str(places.authority))
    for name, value in places.environments.get(case.at, {}).items():
        monkeypatch.setenv(name, value)
    server = places.server
    server.play({"/case": case.scripts, **case.others})
    server.keeps_open = case.keeps_open
    said = []

    [page] = fetch_pages(
        [places.urls[case.at] + "/case"],
        tmp_path,
        replace(LIMITS, **case.limits),
        fetch.Manners(8, use_proxies=case.at in places.environments),
        on_page=lambda page, detail: said.append(detail),
    )

    print(page, said)
    assert page.error in case.error.split(" or ")
    assert server.hits["/case"] == case.hits
    assert page.error == "" or page.error in failures.KINDS
    if case.exact_attempts:
        reached = sum(server.hits[path] for path in server.hits if path.startswith("/"))
        assert page.attempts == reached
        assert case.total_hits in (None, reached)
    assert all(detail.isprintable() and "secret" not in detail for detail in said)
    files = list((tmp_path / "pages").iterdir())
    if case.error:
        assert said != [""]
        assert (page.sha256, page.file, page.bytes, files) == ("", "", 0, [])
    else:
        [file] = files
        assert file.read_bytes() == case.body
        assert (page.file, page.bytes) == (f"pages/{file.name}", len(case.body))
        assert page.sha256 == hashlib.sha256(case.body).hexdigest()
        assert list((tmp_path / "state" / "parts").iterdir()) == []
