"""One job in several, pages: none lost, none twice, even shares, and no host asked for more than by one machine."""

import random

from hypothesis import given
from hypothesis import strategies as st

from concurrency.downloader import shards


def named(count):
    return [f"{i}-of-{count}" for i in range(1, count + 1)]


def of_each(count, urls, limit=None):
    hosts = [url.split("/")[2] for url in urls]
    return [shards.pages_of(name, urls, hosts, limit) for name in named(count)]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 30)), max_size=80), st.integers(1, 9), st.integers(1, 4))
def test_every_page_has_one_shard_and_every_host_its_limits(pages, count, limit):
    urls = [f"http://{'www.' * (page % 2)}h{host}.test/{page}" for host, page in pages]
    dealt = of_each(count, urls, limit)
    assert sorted(place for places, _ in dealt for place in places) == list(range(len(urls)))
    for host in {url.split("/")[2] for url in urls}:
        asking = [i for i, (places, _) in enumerate(dealt) if any(f"//{host}/" in urls[place] for place in places)]
        if len(asking) > 1:  # also where a host with www. takes a shard's portion of the two, and not the other one
            portions = [dealt[i][1][host] for i in asking]
            assert sum(portion.in_flight for portion in portions) <= limit
            assert all(portion.in_flight >= 1 and portion.sharers >= len(asking) for portion in portions)
    for url in set(urls):
        assert len({i for i, (places, _) in enumerate(dealt) for place in places if urls[place] == url}) == 1


def test_hosts_that_fit_stay_whole_and_shards_are_even():
    seed = random.randrange(10**6)
    print("seed", seed)
    chance = random.Random(seed)
    urls = [f"http://h{host}.test/{page}" for host in range(200) for page in range(chance.randrange(1, 60))]
    dealt = of_each(8, urls, 3)
    assert not any(portions for _, portions in dealt)
    sizes = [len(places) for places, _ in dealt]
    assert max(sizes) - min(sizes) < 60


def test_a_host_too_large_is_split_as_far_as_its_limit_goes():
    urls = [f"http://large.test/{page}" for page in range(90)] + [f"http://h{host}.test/" for host in range(10)]
    dealt = of_each(8, urls, 3)
    portions = [portions["large.test"] for _, portions in dealt if portions]
    assert [(portion.in_flight, portion.sharers) for portion in portions] == [(1, 3)] * 3
    dealt = of_each(2, urls, 3)
    assert sorted(portions["large.test"].in_flight for _, portions in dealt) == [1, 2]
