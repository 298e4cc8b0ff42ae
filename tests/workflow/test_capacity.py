"""`snakemake capacity`: constants of this machine, and what follows from them; never part of another target."""

import re

import pytest


def test_it_runs_only_when_asked_for(workflow):
    assert "capacity" not in workflow.scheduled()
    assert set(workflow.scheduled("capacity")) == {"capacity"}


@pytest.mark.heavy
@pytest.mark.timeout(900)  # whatever else runs: no figure is looked at
def test_every_size_is_predicted(workflow, small):
    small["squares"]["numbers"] = [10**14]  # of which a single one takes a year
    workflow.configure(small)
    outcome = workflow.run("capacity", seconds=800)
    assert outcome.returncode == 0, outcome.stdout
    assert "capacity: results/capacity.md" in outcome.stdout
    text = (workflow.folder / "results/capacity.md").read_text(encoding="utf-8")
    lines = text.splitlines()
    for exponent in range(3, 10):
        size = f"{10**exponent:,}" + (" *" if exponent > 5 else "")
        assert sum(line.startswith(f"| {size} |") for line in lines) == 2  # of pages, and of numbers
    assert any("Which bound bites first" in line for line in lines)
    bytes_per_page = re.search(r"Memory: \d+ MB and ([\d,]+) bytes per page", text)
    assert bytes_per_page and 100 < int(bytes_per_page[1].replace(",", "")) < 10_000
