"""What fits a terminal and a log: lines, and progress."""

import json
import os
import pty
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from concurrency.showing import messages, terminal

SCRIPTS = Path(__file__).parents[3] / "scripts"
COMMAND = "snakemake job --config 'squares={job: recommended, strategies: [sequential, {threads: {workers: [2, 4]}}]}'"
LONG = "results/a/path/that/is/longer/than/any/line/of/a/terminal/and/is/in/no/way/to/be/broken/anywhere.csv"


def on_terminal(code, columns):
    """What a program says on one that has so many."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    with subprocess.Popen([sys.executable, "-c", code], stderr=theirs) as running:
        running.wait(60)
    os.close(theirs)
    told = os.read(ours, 10_000).decode()
    os.close(ours)
    return told


def test_lines_fit():
    lines = terminal.paragraph(f"download: {'what is to be said, and more of it ' * 9}").splitlines()
    assert len(lines) > 3
    assert all(len(line) <= 80 for line in lines)
    assert all(line.startswith("  ") for line in lines[1:])


@pytest.mark.parametrize(
    "whole", ["(50–59 %)", "1.77 s", COMMAND, LONG, "'download={path: {slots: 4}}'", "snakemake --forcerun screen"]
)
def test_commands_and_paths_stay_whole(whole):
    for before in range(0, 80, 7):
        lines = terminal.paragraph(f"{'x ' * before}so it is said: {whole}. More.").splitlines()
        assert sum(whole in line for line in lines) == 1
        assert all(len(line) <= 80 for line in lines if whole not in line)


def test_a_command_ends_where_the_sentence_goes_on():
    said = f"{'x ' * 20}threads failed wherever it was tried (put right, snakemake --forcerun screen tries it again)."
    assert all(len(line) <= 80 for line in terminal.paragraph(said).splitlines())


def test_apostrophes_are_no_quotes():
    said = "the pages' times added up, one by one, took longer than the sites' own, and the pages' times were " * 2
    assert all(len(line) <= 80 for line in terminal.paragraph(said).splitlines())


def test_progress_is_lines_where_there_is_no_terminal(monkeypatch, capsys):
    monkeypatch.setattr(terminal, "LINES_S", 0.05)
    for _ in terminal.progress(range(4), desc="measuring", unit="round"):
        time.sleep(0.1)
    told = capsys.readouterr().err
    assert "\r" not in told
    lines = told.splitlines()
    assert 2 <= len(lines) <= 5
    assert lines[-1].startswith("measuring: 4 of 4 rounds in ")


def test_the_last_line_is_told_once(monkeypatch, capsys):
    monkeypatch.setattr(terminal, "LINES_S", 0.05)
    with terminal.progress(total=2, desc="measuring", unit="round") as bar:
        for _ in range(2):
            time.sleep(0.1)
            bar.update()
        time.sleep(1.1)  # that much later it is closed
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" rounds in ")[0] for line in lines] == ["measuring: 1 of 2", "measuring: 2 of 2"]


def test_what_is_done_at_once_tells_nothing(capsys):
    assert list(terminal.progress(range(3), desc="measuring", unit="round")) == [0, 1, 2]
    assert capsys.readouterr().err == ""


def test_on_a_terminal_there_is_a_bar_and_lines_are_as_wide_as_it():
    code = (
        f"import sys; sys.path.insert(0, {str(SCRIPTS)!r})\n"
        "from concurrency.showing import terminal\n"
        "list(terminal.progress(range(3), desc='measuring', unit='round'))\n"
        "print(max(map(len, terminal.paragraph('word ' * 99).splitlines())), file=sys.stderr)"
    )
    told = on_terminal(code, 96)
    assert "\rmeasuring: 100%" in told
    assert told.split()[-1] == "96"


ANSWER = {"sentence": "All of it.", "answer": "asyncio with 15 in flight.", "enough_too": "", "warnings": []}


def outcome(folder, monkeypatch, verdict, *others):
    monkeypatch.chdir(folder)
    (folder / "results/tables").mkdir(parents=True)
    (folder / "results/tables/verdict.json").write_text(json.dumps(verdict))
    return messages.outcome({"results/report.html", *others}, {}).splitlines()


def test_of_an_answer_in_parts_the_terminal_has_the_short_ones(tmp_path, monkeypatch):
    said = ANSWER | {"enough_too": "threads will do.", "workers_said": "8 would take longer.", "warnings": ["Beware."]}
    lines = outcome(tmp_path, monkeypatch, {"download": said | {"why": {"sentence": "The link is full."}}})
    assert lines == [
        "download: asyncio with 15 in flight. threads will do. The link is full.",
        "  Beware.",
        "report: results/report.html",
    ]


def test_each_host_has_its_answer(tmp_path, monkeypatch):
    hosts = {host: ANSWER | {"answer": f"asyncio is best on {host}."} for host in ("epyc", "arm")}
    lines = outcome(tmp_path, monkeypatch, {"download": ANSWER | {"hosts": hosts}})
    assert lines[:2] == ["download on epyc: asyncio is best on epyc.", "download on arm: asyncio is best on arm."]


def test_what_changed_on_each_of_several_hosts_is_told_with_it(tmp_path, monkeypatch):
    said = {"answer": "Still asyncio.", "others": "", "warnings": [], "not_compared": []}
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/tables").mkdir(parents=True)
    for hosts, begins in ((["epyc", "arm"], ["download on epyc:", "download on arm:"]), (["epyc"], ["download:"])):
        every = [said | {"workload": "download", "host": host} for host in hosts]
        (tmp_path / messages.CHANGES).write_text(json.dumps(every))
        lines = messages.outcome({messages.CHANGES}, {}).splitlines()
        assert lines[:-1] == [f"{begin} Still asyncio." for begin in begins]


def test_every_file_that_was_asked_for_is_named(tmp_path, monkeypatch):
    scripts = [f"results/recommended/{name}.py" for name in ("download", "squares")]
    lines = outcome(tmp_path, monkeypatch, {}, *scripts, "results/capacity.md")
    assert lines == [
        "as code: results/recommended/download.py, results/recommended/squares.py",
        "report: results/report.html",
        "capacity: results/capacity.md",
    ]


def test_items_that_failed_are_no_results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [{"item": 1, "result": 2}, {"item": 2, "error": "ValueError", "message": "no"}, {"item": 3, "result": 4}]
    Path("results.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert messages.outcome({"results.jsonl"}, {"mine": "results.jsonl"}) == "2 results, 1 failed: results.jsonl"


STATUS = """
import sys, time; sys.path.insert(0, {scripts!r})
from concurrency.showing import terminal
terminal.LINES_S = 0.2
with terminal.Status() as line:
    for count in (1, 1, 2, 3):
        line.show(f"jobs: {{count}} done")
        time.sleep(0.15)
    terminal.note("one failed")
print("the answer", file=sys.stderr)
"""


def test_a_status_is_told_in_its_place_on_a_terminal_and_else_in_lines_now_and_then():
    code = STATUS.format(scripts=str(SCRIPTS))
    told = on_terminal(code, 80)
    shown = dict.fromkeys(part.strip() for part in told.split("\r") if "jobs" in part)
    assert list(shown) == ["jobs: 1 done", "jobs: 2 done", "jobs: 3 done"]
    assert told.count("\n") == 2  # what is noted, and the answer
    log = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, check=True).stderr
    assert log.splitlines() == ["jobs: 1 done", "jobs: 2 done", "one failed", "the answer"]
