"""Do the job (download, squares), measure every strategy on it, and say which one to use.

snakemake             everything
snakemake job         only the downloads and the sums
snakemake compare     only the comparison and its report
snakemake capacity    what larger jobs would take
"""


include: "rules/common.smk"


wildcard_constraints:
    workload="download|squares",
    round=r"\d+",
    first="1|2",
    form="mean|trimmed",
    host="(?:{})?".format("|".join(f"_on_{re.escape(name)}" for name in USER.hosts)),


scattergather:
    download=USER.shards["download"],
    squares=USER.shards["squares"],


localrules:
    all,
    job,
    compare,
    precision,
    collect,
    analyse,
    claims,
    plot,
    report,


rule all:
    input:
        JOB,
        "results/report.html" if COMPARED else [],


rule job:
    input:
        JOB,


rule compare:
    input:
        "results/report.html" if COMPARED else [],


rule download:
    input:
        file_of(USER.sites),
    output:
        pages=report(DONE["download"], category="1 The job", caption="captions/pages.rst", labels={"table": "pages"}),
        profile="results/download/profile.csv",
    log:
        "results/logs/download.log",
    conda:
        "envs/workflow.yaml"
    params:
        sites=lambda wildcards: USER.sites,  # a function, for a URL may have braces
        source=USER.source,
        live=USER.live,
        in_flight=USER.in_flight,
        max_failures=USER.max_failures,
        limits=USER.limits,
        seed=USER.seed,
        code=[DOWNLOADING, code("page_tables.py", "shards.py")],
    script:
        "scripts/download.py"


# A job in several, for clusters: each shard runs the script of the whole job.
if USER.shards["download"] > 1:

    localrules:
        gather_download,

    ruleorder: gather_download > download

    use rule download as download_shard with:
        output:
            "results/download/shards/{scatteritem}.csv",
        log:
            "results/logs/download/{scatteritem}.log",

    rule gather_download:
        input:
            file_of(USER.sites),
            shards=gather.download("results/download/shards/{scatteritem}.csv"),
        output:
            pages=report(
                DONE["download"], category="1 The job", caption="captions/pages.rst", labels={"table": "pages"}
            ),
            profile="results/download/profile.csv",
        log:
            "results/logs/download.log",
        retries: 0  # its answer to failures is not to be had by asking again
        conda:
            "envs/workflow.yaml"
        params:
            sites=lambda wildcards: USER.sites,  # a function, for a URL may have braces
            max_failures=USER.max_failures,
            code=code("failures.py", "page_tables.py", "shards.py"),
        script:
            "scripts/gather_download.py"


rule squares:
    input:
        file_of(USER.numbers),
        own=own_files,
    output:
        report(DONE["squares"], category="1 The job", caption="captions/sums.rst", labels={"table": "sums"}),
    log:
        "results/logs/squares.log",
    conda:
        "envs/workflow.yaml"
    threads: CORES
    params:
        numbers=USER.numbers,
        function=USER.function,
        split=USER.split,
        start_method=USER.start_method,
        code=code("shards.py", "squares.py"),
    script:
        "scripts/squares.py"


if USER.shards["squares"] > 1:

    localrules:
        gather_squares,

    ruleorder: gather_squares > squares

    use rule squares as squares_shard with:
        output:
            "results/squares/shards/{scatteritem}.csv",
        log:
            "results/logs/squares/{scatteritem}.log",

    rule gather_squares:
        input:
            file_of(USER.numbers),
            own=own_files,
            shards=gather.squares("results/squares/shards/{scatteritem}.csv"),
        output:
            report(DONE["squares"], category="1 The job", caption="captions/sums.rst", labels={"table": "sums"}),
        log:
            "results/logs/squares.log",
        conda:
            "envs/workflow.yaml"
        params:
            numbers=USER.numbers,
            function=USER.function,
            split=USER.split,
            code=code("shards.py", "squares.py"),
        script:
            "scripts/gather_squares.py"


# Asking for all cores makes Snakemake run a measuring job alone.
rule measure:
    input:
        measured_items,
        own=own_files,
    output:
        "results/rounds/{workload}{host}/{round}.csv",
    log:
        "results/logs/measure/{workload}{host}/{round}.log",
    conda:
        "envs/workflow.yaml"
    threads: CORES
    resources:
        slurm_partition=node_wanted("partition"),
        constraint=node_wanted("constraint"),
    params:
        source=lambda wildcards: measured_items(wildcards) or ITEMS[wildcards.workload],
        measure_items=USER.measure_items,
        arms=lambda wildcards: [asdict(arm) for arm in USER.arms[wildcards.workload]],
        conditions=conditions,
        seed=USER.seed,
        python=interpreters.RUNNING.label,
        strategies=strategy_code,
        code=MEASURING,
    script:
        "scripts/measure.py"


# Only asked for with a `precision`: how wide the recommended arm's interval is after so many rounds.
checkpoint precision:
    input:
        rounds=lambda wildcards: rounds_to(wildcards.workload + wildcards.host, wildcards.round),
    output:
        "results/rounds/{workload}{host}/precision_{first}-{round}_{form}.txt",
    log:
        "results/logs/precision/{workload}{host}/{first}-{round}_{form}.log",
    conda:
        "envs/workflow.yaml"
    params:
        code=DECIDING,
    script:
        "scripts/precision.py"


rule collect:
    input:
        rounds=lambda wildcards: [file for folder in MEASURED for file in measured_rounds(folder)],
        extra=USER.extra_timings,
    output:
        report(
            "results/tables/timings.csv",
            category="3 Tables",
            caption="captions/timings.rst",
            labels={"table": "every sample"},
        ),
    log:
        "results/logs/collect.log",
    conda:
        "envs/workflow.yaml"
    params:
        warm_up=USER.warm_up,
    script:
        "scripts/collect.py"


rule analyse:
    input:
        timings=rules.collect.output[0],
    output:
        summary=report(
            "results/tables/summary.csv",
            category="3 Tables",
            caption="captions/summary.rst",
            labels={"table": "every arm"},
        ),
        verdict="results/tables/verdict.json",
    log:
        "results/logs/analyse.log",
    conda:
        "envs/workflow.yaml"
    params:
        robust=USER.robust,
        own_function=USER.function is not None,
        code=DECIDING,
    script:
        "scripts/analyse.py"


rule claims:
    input:
        timings=rules.collect.output[0],
    output:
        report(
            "results/tables/claims.csv",
            category="3 Tables",
            caption="captions/claims.rst",
            labels={"table": "the rule of thumb put to the test"},
        ),
    log:
        "results/logs/claims.log",
    conda:
        "envs/workflow.yaml"
    params:
        code=[DECIDING, code("claims.py")],
    script:
        "scripts/claims.py"


rule plot:
    input:
        timings=rules.collect.output[0],
        summary=rules.analyse.output.summary,
    output:
        report(
            "results/plots/{workload}_{plot}.svg",
            category="2 Plots",
            caption="captions/plot.rst",
            labels={"workload": "{workload}", "plot": "{plot}"},
        ),
        "results/plots/{workload}_{plot}.png",
    log:
        "results/logs/plot/{workload}_{plot}.log",
    wildcard_constraints:
        plot="comparison|workers|cost",
    conda:
        "envs/workflow.yaml"
    params:
        code=lambda wildcards: code(f"{wildcards.plot}.py", "lines.py", "style.py"),
    script:
        "scripts/plot.py"


rule environment:
    output:
        "results/tables/environment{host}.json",
    log:
        "results/logs/environment{host}.log",
    conda:
        "envs/workflow.yaml"
    threads: CORES
    resources:
        slurm_partition=node_wanted("partition"),
        constraint=node_wanted("constraint"),
    params:
        python=interpreters.RUNNING.label,
    script:
        "scripts/environment.py"


# Only when asked for: snakemake capacity
rule capacity:
    input:
        file_of(USER.sites),
        file_of(USER.numbers),
    output:
        "results/capacity.md",
    log:
        "results/logs/capacity.log",
    conda:
        "envs/workflow.yaml"
    threads: CORES
    params:
        sites=lambda wildcards: USER.sites,  # a function, for a URL may have braces
        numbers=USER.numbers,
        in_flight=USER.in_flight,
        limits=USER.limits,
        rate=USER.live["requests_per_second"],
        seed=USER.seed,
        python=sys.executable,  # which has Snakemake; that of a conda environment has not
        code=[DOWNLOADING, code("capacity.py", "squares.py", "usage.py")],
    script:
        "scripts/capacity.py"


include: "rules/explain.smk"


rule report:
    input:
        timings=rules.collect.output[0],
        summary=rules.analyse.output.summary,
        verdict=rules.analyse.output.verdict,
        claims=rules.claims.output[0],
        plots=expand("results/plots/{workload}_{plot}.svg", workload=COMPARED, plot=["comparison", "workers", "cost"]),
        environment=expand(rules.environment.output[0], host=KINDS),
        explanations=expand("results/plots/{topic}.{kind}", topic=EXPLANATIONS, kind=["svg", "txt"]),
    output:
        report("results/report.html", category="0 The answer", caption="captions/report.rst", labels={"page": "report"}),
    log:
        "results/logs/report.log",
    conda:
        "envs/workflow.yaml"
    params:
        left_out=USER.left_out,
        config=lambda wildcards: settings.plain(config),
        code=code("report.py", "report.html.j2"),
    script:
        "scripts/report.py"


onstart:
    rounds = [job for job in workflow.dag.needrun_jobs() if job.rule.name == "measure"]
    if rounds:
        counts = Counter(job.wildcards.workload for job in rounds)
        if USER.hosts and not workflow.executor_plugin.common_settings.non_local_exec:
            sys.exit("hosts: there is no cluster in this run; add --workflow-profile slurm, or set hosts: []")
        print(messages.plan(counts, USER, cores.usable(CORES)), file=sys.stderr)
        messages.show_progress([Path(job.output[0]) for job in rounds])
    for line in messages.left_out(USER.left_out):
        print(line, file=sys.stderr)


onsuccess:
    print(messages.outcome({file for job in workflow.dag.jobs for file in job.output}), file=sys.stderr)
