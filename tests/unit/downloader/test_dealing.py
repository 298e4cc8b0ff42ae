"""One job in several: nothing lost, nothing twice, equal shares, and no host asked for more than by one machine."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concurrency.downloader import shards
from concurrency.workloads.squares.pieces import compute, divided, pieces_of
from concurrency.workloads.squares.squares import Task, closed_form, cut_range, sum_of_squares, task

TERMS = task()
WHOLE = Task(sum_of_squares)


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


@given(st.lists(st.integers(0, 300), max_size=30), st.integers(1, 9), st.integers(1, 5))
def test_the_shards_sums_add_up(numbers, count, workers):
    found = [0] * len(numbers)
    times = [0] * len(numbers)
    costs = []
    for name in named(count):
        pieces = pieces_of(name, numbers, TERMS.split)
        costs.append(sum(piece.stop - piece.start for piece in pieces))
        for piece in divided(pieces, TERMS.split, workers):
            found[piece.index] += compute(TERMS, piece)
            times[piece.index] += 1
            assert piece.whole == ((piece.start, piece.stop) == (0, numbers[piece.index]))
    assert found == [closed_form(n) for n in numbers]
    assert all(times)
    assert max(costs) - min(costs) <= 2


def test_a_single_huge_number_is_shared_equally_by_shards_and_by_workers():
    for name in named(4):
        [piece] = pieces_of(name, [10**12], TERMS.split)
        assert piece.stop - piece.start == 10**12 // 4
        cut = divided([piece], TERMS.split, 2)
        assert len(cut) == 8
        assert {part.stop - part.start for part in cut} == {10**12 // 32}
        assert [(part.start, part.stop) for part in cut] == [
            (piece.start + start, piece.start + stop) for start, stop in cut_range(10**12 // 4, 10**12 // 32)
        ]


@pytest.mark.parametrize("numbers", [[], [0], [5, 1, 1, 1, 900], list(range(40))])
def test_what_cannot_be_split_is_dealt_out_whole(numbers):
    dealt = [pieces_of(name, numbers, WHOLE.split) for name in named(3)]
    assert sorted(piece.index for pieces in dealt for piece in pieces) == list(range(len(numbers)))
    assert all(piece.whole for pieces in dealt for piece in pieces)
    assert max(map(len, dealt)) - min(map(len, dealt)) <= 1
