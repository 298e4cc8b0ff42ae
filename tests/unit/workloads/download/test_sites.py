"""What a list of sites tells, row by row, and what the configuration gives where it does not."""

import pytest

from concurrency.errors import UserError
from concurrency.workloads.download import sites


def test_a_row_tells_before_the_configuration(tmp_path):
    rows = "https://a.test/,,,,", "https://b.test/,7,,1.2,2", "https://c.test/,,60,,"
    (tmp_path / "list").write_text("\n".join(["url,rtt_ms,connect_ms,tls,slots", *rows]))
    given = sites.given_by({"rtt_ms": 40, "tls": False, "slots": 3, "mbit_per_s": 50})
    a, b, c = sites.read(tmp_path / "list", given=given)
    assert (a.rtt_ms, a.tls_version, a.slots) == (40, "none", 3)
    assert (b.rtt_ms, b.tls_version, b.slots) == (7, "1.2", 2)
    assert (c.rtt_ms, c.set_up_s) == (None, 0.06)  # its connect_ms counts


def test_rows_of_a_host_agree_in_what_is_the_hosts(tmp_path):
    (tmp_path / "list").write_text("url,slots\nhttp://a.test/1,\nhttp://a.test/2,4\n")
    with pytest.raises(UserError, match="line 3: slots: is 4, but 0 in an earlier row of its host; give all the same"):
        sites.read(tmp_path / "list")
