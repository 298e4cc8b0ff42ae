"""Tables of timings from elsewhere: told apart, and refused in one line where they are none."""

import pytest
from simulated import ASYNCIO, ONE_BY_ONE, table

from concurrency.deciding import tables
from concurrency.errors import UserError


@pytest.mark.parametrize(("host", "known"), [("", "lab"), ("here", "here (lab)"), ("there", "there")])
def test_a_host_keeps_its_name_unless_it_is_ours(tmp_path, host, known):
    path = tmp_path / "lab.csv"
    tables.write(table({ONE_BY_ONE: [1.5], ASYNCIO: [0.2]}, host=host), path)
    assert set(tables.read_extra(path, {"here"})["host"]) == {known}


def test_campaigns_of_one_machine_are_told_apart_by_where_their_files_are(tmp_path):
    paths = [tmp_path / folder / "timings.csv" for folder in ("a", "b")]
    for host in ("here", ""):
        hosts = {"here"}
        for path in paths:
            path.parent.mkdir(exist_ok=True)
            tables.write(table({ONE_BY_ONE: [1.5], ASYNCIO: [0.2]}, host=host), path)
            hosts |= set(tables.read_extra(path, hosts)["host"])
        assert len(hosts) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "no column workload, strategy, workers, round, failed, wall_s"),
        ("", "cannot be read as a table of timings"),
        ("workload,strategy,workers,round,failed,wall_s\ndownload,asyncio,many,1,0,1\n", "cannot be read as a table"),
    ],
)
def test_what_is_no_table_of_timings_is_refused(tmp_path, text, said):
    path = tmp_path / "lab.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=said) as error:
        tables.read_extra(path, set())
    assert str(path) in str(error.value)
