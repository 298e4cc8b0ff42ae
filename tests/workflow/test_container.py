"""The image and the environments of others: built where there is something to build them with, else compared."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from helpers.workflows import ROOT, SHIPPED

BUILDAH = shutil.which("buildah")
MICROMAMBA = shutil.which("micromamba")
NAMES = {
    "brotli-python": "brotli",
    "matplotlib-base": "matplotlib",
    "backports.zstd": "backports-zstd",
}  # as conda-forge calls them, and as PyPI does


def test_the_image_has_all_that_a_run_needs():
    let_through = re.findall(r"^!(.*)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(let_through) == {*SHIPPED, "requirements/run.txt"}


@pytest.mark.heavy
@pytest.mark.skipif(BUILDAH is None or os.geteuid() != 0, reason="needs buildah, and root")
def test_the_image_is_built_and_works_for_a_nameless_user(workflow, small, tmp_path):
    """On a stand-in for its base, to which this machine lends its /usr; from a clone that only its owner may read."""
    clone = workflow.folder
    shutil.copytree(ROOT / "requirements", clone / "requirements")
    for name in ("Dockerfile", ".dockerignore", "README.md"):
        shutil.copy(ROOT / name, clone)
    for path in clone.rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)
    [image] = re.findall(r"^FROM (\S+)$", (clone / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    base = tmp_path / "base"
    for folder in ("etc/ssl", "tmp", "usr", "root"):
        (base / folder).mkdir(parents=True)
    (base / "tmp").chmod(0o1777)
    for name in ("bin", "lib", "lib64", "sbin"):
        (base / name).symlink_to(f"usr/{name}")
    shutil.copytree("/etc/ssl/certs", base / "etc/ssl/certs", ignore_dangling_symlinks=True)
    for file in ("/etc/passwd", "/etc/group", "/etc/ld.so.cache", "/etc/pip.conf"):
        if Path(file).exists():
            shutil.copy(file, base / "etc")
    (tmp_path / "Base").write_text("FROM scratch\nCOPY . /\nENV PATH=/usr/local/bin:/usr/bin:/bin\n")

    def buildah(command, *arguments):
        store = ["--root", tmp_path / "store", "--runroot", tmp_path / "run", "--storage-driver", "vfs"]
        done = subprocess.run(
            [BUILDAH, *store, command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout.strip()

    lent = ["--isolation", "chroot", "--volume", "/usr:/usr:ro"]
    resolving = ["--volume", "/etc/resolv.conf:/etc/resolv.conf:ro"]
    buildah("bud", "--file", tmp_path / "Base", "--tag", f"docker.io/library/{image}", base)
    buildah("bud", "--pull-never", "--layers=false", *lent, *resolving, "--tag", "concurrency-benchmark", clone)

    config = json.loads(buildah("inspect", "--type", "image", "concurrency-benchmark"))["OCIv1"]["config"]
    assert config["User"] == "1000:1000"
    assert config["WorkingDir"] == "/work"
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "config.yaml").write_text(json.dumps(small | {"download": {"sites": []}, "rounds": 1}))
    os.chown(mine, 12345, 12345)
    container = buildah("from", "--pull-never", "concurrency-benchmark").splitlines()[-1]
    command = ["--user", "12345:12345", "--volume", f"{mine}:/work", container, "--", *config["Entrypoint"]]
    said = buildah("run", *lent, *command, "--cores", "2")
    assert "report: results/report.html" in said
    made = [mine / "results/report.html", mine / "results/squares/sums.csv"]
    assert {(file.stat().st_uid, file.stat().st_gid) for file in made} == {(12345, 12345)}
    kept = {path.name for path in Path(buildah("mount", container), "opt/workflow").iterdir()}
    assert kept == {*SHIPPED, "requirements"}
    shutil.rmtree(tmp_path / "store")  # a gigabyte


def test_an_editor_finds_what_it_is_told_to_run():
    told = json.loads((ROOT / ".devcontainer.json").read_text(encoding="utf-8"))
    assert re.fullmatch(r"mcr\.microsoft\.com/devcontainers/python:1-3\.1[1-9]", told["image"])
    program, target = told["postCreateCommand"].split()
    assert program == "make"
    assert re.search(rf"^{re.escape(target)}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_conda_is_asked_for_what_the_lock_has():
    """Each package that rules import, in versions of which the lock's is one."""
    run, project = ((ROOT / name).read_text(encoding="utf-8") for name in ("requirements/run.txt", "pyproject.toml"))
    lock = dict(re.findall(r"^([\w.-]+)==([\d.]+)", run, re.MULTILINE)) | {"python": "3.11"}
    asked = yaml.safe_load((ROOT / "envs/workflow.yaml").read_text(encoding="utf-8"))["dependencies"]
    least = dict(re.fullmatch(r"([\w.-]+) >=([\d.]+)", line).groups() for line in asked)
    least = {NAMES.get(name, name): version for name, version in least.items()}
    for name, version in least.items():
        assert _parts(lock[name]) >= _parts(version), name
    declared = tomllib.loads(project)["project"]["dependencies"]
    names = {re.match(r"[\w.]+", line)[0].replace(".", "-") for line in declared}
    assert set(least) == names - {"snakemake", "pygments"} | {"python"}


def _parts(version):
    return [int(part) for part in version.split(".")]


@pytest.mark.heavy
@pytest.mark.skipif(MICROMAMBA is None, reason="needs micromamba")
def test_conda_finds_all_of_it(tmp_path):
    command = [MICROMAMBA, "create", "--dry-run", "--yes", "--root-prefix", tmp_path, "--name", "rules"]
    done = subprocess.run(
        [*command, "--file", ROOT / "envs/workflow.yaml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
