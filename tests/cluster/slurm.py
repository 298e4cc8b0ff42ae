"""A real SLURM on this machine: munged, slurmctld and a slurmd for each of three nodes, on loopback only."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import psutil

NODES = ("node1", "node2", "node3")
CPUS = 2
DEFAULT_CONF = Path("/etc/slurm/slurm.conf")
NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel")

CONF = """
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=1
ReturnToService=2
SlurmdTimeout=10
KillWait=2
MinJobAge=600
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AccountingStorageType=accounting_storage/none
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE DefMemPerCPU=100 State=UP
PartitionName=small Nodes=node1 MaxTime=60 DefMemPerCPU=100 State=UP
"""


def missing() -> str:
    """Why there can be no cluster here, or nothing."""
    if absent := [name for name in NEEDED if not shutil.which(name)]:
        return f"needs {', '.join(absent)} (apt-get install slurm-wlm munge)"
    if find_spec("snakemake_executor_plugin_slurm") is None:
        return "needs snakemake-executor-plugin-slurm (among the extras)"
    if os.geteuid() != 0:
        return "needs root"
    if DEFAULT_CONF.exists() and not DEFAULT_CONF.is_symlink():
        return f"{DEFAULT_CONF} is someone's"
    return ""


class Cluster:
    """Three nodes of two cores and 2 GB: all in the partition `main`, node1 in `small`, where jobs may take an hour,
    with as much memory as such a node really has, the others with the feature `large`. There is no accounting."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._conf = folder / "slurm.conf"
        self._ports = _unused_ports(1 + len(NODES))

    def __enter__(self) -> "Cluster":
        self.folder.chmod(0o755)  # munged insists
        for name in ("state", *(f"spool/{node}" for node in NODES)):
            (self.folder / name).mkdir(parents=True)
        nodes = [
            f"NodeName={node} NodeHostname={socket.gethostname()} NodeAddr=127.0.0.1 Port={port} CPUs={CPUS} "
            f"State=UNKNOWN {'RealMemory=2000 Feature=large' if node != NODES[0] else 'RealMemory=1900'}"
            for node, port in zip(NODES, self._ports[1:], strict=True)
        ]
        self._conf.write_text(
            CONF.format(host=socket.gethostname(), folder=self.folder, ports=self._ports, nodes="\n".join(nodes))
        )
        # the plugin's job step forgets SLURM_CONF, so the default path must lead here
        DEFAULT_CONF.parent.mkdir(exist_ok=True)
        DEFAULT_CONF.unlink(missing_ok=True)
        DEFAULT_CONF.symlink_to(self._conf)
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        files = {"key-file": key} | {
            name: self.folder / f"munge.{name}" for name in ("socket", "pid-file", "log-file", "seed-file")
        }
        try:
            _call("munged", *(f"--{name}={path}" for name, path in files.items()))
            _call("slurmctld", "-c", "-f", str(self._conf))
            for node in NODES:
                self.start(node)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["scancel", "--user", "root"], check=False, timeout=20)
        for daemon in (*NODES, "slurmctld", "munge.pid-file"):
            file = self.folder / (daemon if daemon.startswith("munge") else f"{daemon}.pid")
            if file.exists() and (text := file.read_text().strip()):
                _end(int(text))
        if DEFAULT_CONF.is_symlink() and DEFAULT_CONF.readlink() == self._conf:
            DEFAULT_CONF.unlink()

    def start(self, node: str) -> None:
        """Start the node's daemon and wait until jobs can come."""
        _call("slurmd", "-f", str(self._conf), "-N", node)
        wait_for(
            lambda: self.ask("sinfo", "-h", "-n", node, "-p", "main", "-o", "%T") in ("idle", "mixed", "allocated")
        )

    def kill(self, node: str) -> None:
        """What a power cut does to a node: its daemon, its jobs and all that they started are gone at once."""
        jobs = self.ask("squeue", "-h", "-t", "running", "-w", node, "-o", "%A").split()
        dying = [psutil.Process(int((self.folder / f"{node}.pid").read_text()))]
        for process in self.steps(*jobs):
            dying += [process, *process.children(recursive=True)]
        for process in dying:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue

    def steps(self, *jobs: str) -> list[psutil.Process]:
        """Those of the jobs that have not ended, with all that they started: SLURM's processes that wait for it."""
        return [
            process
            for process in psutil.process_iter(["cmdline"])
            if (line := " ".join(process.info["cmdline"] or [])).startswith("slurmstepd:")
            and any(f"[{job}." in line for job in jobs)
        ]

    def drain(self, *nodes: str) -> None:
        """Let nothing start on the nodes."""
        self.ask("scontrol", "update", f"NodeName={','.join(nodes)}", "State=DRAIN", "Reason=tests")

    def resume(self, *nodes: str) -> None:
        self.ask("scontrol", "update", f"NodeName={','.join(nodes)}", "State=RESUME")

    def submitted(self) -> int:
        """How many jobs there have been."""
        return len(self.ask("squeue", "-h", "-t", "all").splitlines())

    def comments(self) -> dict[str, str]:
        """The comment of each job that is running, by its id: its rule and wildcards."""
        return dict(row.split("|") for row in self.ask("squeue", "-h", "-t", "running", "-o", "%A|%k").splitlines())

    def asked(self, comment: str) -> list[tuple[str, str]]:
        """Id and memory of each job that there has been, whose comment begins so."""
        rows = (row.split("|") for row in self.ask("squeue", "-h", "-t", "all", "-o", "%A|%m|%k").splitlines())
        return [(job, memory) for job, memory, said in rows if said.startswith(comment)]

    def jobs(self, rule: str, state: str = "running") -> dict[str, str]:
        """The node of each job of `rule` that is in `state`, by the job's id."""
        rows = self.ask("squeue", "-h", "-t", state, "-o", "%A|%k|%N").splitlines()
        found = (row.split("|") for row in rows)
        return {job: node for job, comment, node in found if comment.partition("_wildcards")[0] == f"rule_{rule}"}

    def ask(self, *command: str) -> str:
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout.strip()


def wait_for(condition: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def _call(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)


def _end(pid: int) -> None:
    """End a daemon; one that process 1 has not reaped yet counts as gone."""
    try:
        process = psutil.Process(pid)
        process.terminate()
        deadline = time.monotonic() + 20
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > deadline:
                process.kill()
            time.sleep(0.05)
    except psutil.NoSuchProcess:
        return


def _unused_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
