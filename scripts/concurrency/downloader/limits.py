"""What a download keeps to: how servers are treated, and what a page may cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from concurrency.schedule import Portion

# Those of RFC 9110 and 6585 that may pass, and what CDNs send while the server behind them cannot be reached.
RETRY_STATUSES = (408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 529)
PRODUCT = "concurrency-benchmark"
USER_AGENT = f"{PRODUCT}/1.0 ({{contact}}) {aiohttp.http.SERVER_SOFTWARE}"


@dataclass(frozen=True)
class Manners:
    """How servers are treated. None means no limit."""

    in_flight: int
    in_flight_per_host: int | None = None
    requests_per_second: float | None = None  # to one host
    user_agent: str = USER_AGENT.format(contact="replay")
    robots: bool = False
    use_proxies: bool = False  # those of the environment: http_proxy, https_proxy, no_proxy
    record: bool = False  # what each exchange takes: see `recorded`
    portions: Mapping[str, Portion] = field(default_factory=dict)  # of hosts that other shards fetch from, too

    @classmethod
    def live(cls, in_flight: int, given: Mapping[str, Any]) -> "Manners":
        """Those for real sites, as `download.live` of the configuration gives them."""
        return cls(
            in_flight=in_flight,
            in_flight_per_host=given["in_flight_per_host"],
            requests_per_second=given["requests_per_second"],
            user_agent=USER_AGENT.format(contact=given["contact"]),
            robots=given["robots"],
            use_proxies=True,
            record=True,
        )


@dataclass(frozen=True)
class Limits:
    """What a page may cost: see config.schema.yaml, download.limits, for each."""

    retries: int = 4
    backoff_s: float = 1
    max_wait_s: float = 120
    connect_s: float = 20
    first_byte_s: float = 60
    idle_s: float = 30
    attempt_s: float = 600
    page_s: float = 1800
    min_bytes_per_s: float = 100
    min_speed_over_s: float = 30
    max_bytes: int = 100_000_000
    max_header_bytes: int = 65_536
    max_headers: int = 512
    max_redirects: int = 10
    allow_downgrade: bool = False
    retry_statuses: list[int] = field(default_factory=lambda: [*RETRY_STATUSES])
