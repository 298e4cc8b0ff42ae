"""What is tried before anything is measured: that every strategy starts, and what the user's own functions do."""

TRIED = [name for name in USER.own if name in COMPARED]


def tried(wildcards):
    """What is compared, of the works that are not the user's own without their items, which nothing depends on here."""
    own = [one.plain() for name in TRIED for one in USER.compared(name)]
    return own + [
        one.plain() | {"fields": {"source": []}}
        for name in COMPARED
        if name not in USER.own
        for one in USER.compared(name)
    ]


# First of all, by its priority, and by what waits for it; but what was measured is not measured again after it.
rule preflight:
    input:
        lambda wildcards: [the_users(USER.own[name].items) for name in TRIED if isinstance(USER.own[name].items, Path)],
    output:
        "results/preflight{host}.json",
    log:
        "results/logs/preflight{host}.log",
    priority: 2
    conda:
        "../envs/workflow.yaml"
    threads: CORES
    resources:
        slurm_partition=node_wanted("partition"),
        constraint=node_wanted("constraint"),
    params:
        compared=tried,
        timeout_s=lambda wildcards: {name: USER.own[name].timeout_s for name in TRIED},
        stood_in=[name for name in TRIED if USER.own[name].is_recorded],
        start_method=USER.start_method,
        python=interpreters.RUNNING.label,
        strategies=lambda wildcards: [strategy_code(SimpleNamespace(workload=name)) for name in COMPARED],
        own=lambda wildcards: CODE.of(*(file for name in TRIED for file in USER.own[name].own_files)),
        files=lambda wildcards: [
            items.digest(USER.own[name].items) for name in TRIED if isinstance(USER.own[name].items, str)
        ],
        code=code("preflight.py"),
    script:
        "../scripts/preflight.py"
