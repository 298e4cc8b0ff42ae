"""What runs again after a change, by what Snakemake schedules."""


def test_second_run_does_nothing(finished):
    assert finished.scheduled() == {}
