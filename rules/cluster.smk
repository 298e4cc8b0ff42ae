"""A run on SLURM: its nodes, and what its jobs ask for."""

# What the nodes of a cluster are, which is asked once.
NODES = cache(slurm.nodes)

# Shows how the jobs of a run on SLURM fare.
WATCH = cluster.Watch()


def is_submitting():
    """Whether this run has its jobs on SLURM; known from when jobs are looked for."""
    return workflow.is_main_process and workflow.executor_plugin and workflow.executor_plugin.name == "slurm"


def cores_of_the_job(wildcards):
    """Those of a job that computes on all that it has: on SLURM, as many as the smallest node has, eight at most."""
    if not is_submitting():
        return CORES
    partition = workflow.resource_settings.default_resources.get("slurm_partition").raw
    return requests.smallest_cpus(NODES(), partition and str(partition).strip("'\""), most=8)


def node_wanted(key):
    """The `partition` or `constraint` of the kind of node that a job is to run on; None where any will do."""
    return lambda wildcards: USER.hosts.get(wildcards.host.removeprefix("_on_"), {}).get(key)
