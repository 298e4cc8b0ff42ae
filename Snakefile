"""Do the job (download, squares), measure every strategy on it, and say which one to use.

snakemake             everything
snakemake job         only the downloads and the sums
snakemake compare     only the comparison and its report
snakemake preflight   only what is tried before anything is measured
snakemake map         which strategy to use for any waiting and computing, and where your work lies
snakemake capacity    what larger jobs would take
snakemake compare_with --config other=…    what changed since another run

download ─> results/download/pages.csv    squares ─> results/squares/sums.csv                           the job, below
do ─> results/<work>/results.jsonl                                                                      each of your own
rehearse ─> rounds/*/preflight-*.json ─> screen, measure, timeline                                      rules/preflight.smk
screen ─> measure ─> rounds/*.csv ─> collect ─> timings.csv ─> analyse, claims, plot ─> report          rules/compare.smk
                                       analyse ─> recommend ─> results/recommended/<work>.py ─> report  rules/recommend.smk
timeline, futures, switching, races ─> plot_explanation ─> report                                       rules/explain.smk
survey ─> map.csv, locate ─> plot_map ─> map                                                            rules/map.smk
timings.csv, and another run's ─> compare_with                                                          rules/other.smk
capacity                                                                                                rules/plan.smk
"""

import sys
from pathlib import Path

# github() and git+file: give single files; what is imported and run here takes a folder.
SOURCE = workflow.current_basedir.get_path_or_uri(secret_free=True)
if not Path(SOURCE).is_dir():
    sys.exit(
        f"{SOURCE}: this workflow is used from a folder: clone it, or make it a submodule of your repository "
        "(git submodule add URL strategies; git -C strategies checkout TAG), and give the module "
        'snakefile: "strategies/Snakefile"'
    )


include: "rules/common.smk"
include: "rules/depends.smk"
include: "rules/cluster.smk"


wildcard_constraints:
    workload="|".join(USER.works),
    work="|".join(USER.own) or "(?!)",
    round=r"\d+",
    first="1|2",
    form="mean|trimmed",
    host="(?:{})?".format("|".join(f"_on_{re.escape(name)}" for name in USER.hosts)),
    scatteritem=r"\d+-of-\d+",


rule all:
    input:
        check_job,
        JOB,
        "results/report.html" if COMPARED else [],
    localrule: True


rule job:
    input:
        check_job,
        JOB,
    localrule: True


rule compare:
    input:
        check_compared,
        "results/report.html" if COMPARED else [],
    localrule: True


# What a user gives goes through functions: in plain values, a brace begins a wildcard.
rule download:
    input:
        lambda wildcards: file_of(USER.download.items),
    output:
        pages=report(DONE["download"], category="1 The job", caption="captions/pages.rst", labels={"table": "pages"}),
        profile="results/download/profile.csv",
        path="results/download/path.json",
    log:
        "results/logs/download.log",
    conda:
        "envs/workflow.yaml"
    params:
        sites=lambda wildcards: USER.download.items,
        source=USER.download.source,
        path=USER.download.path,
        live=lambda wildcards: USER.download.manners,
        in_flight=USER.download.in_flight,
        max_failures=USER.download.max_failures,
        limits=USER.download.limits,
        seed=USER.seed,
        code=code("download.py"),
    script:
        "scripts/download.py"


# A job in several, for clusters: each shard runs the script of the whole job.
if USER.download.shards > 1:

    ruleorder: gather_download > download

    use rule download as download_shard with:
        output:
            "results/download/shards/{scatteritem}.csv",
        log:
            "results/logs/download/{scatteritem}.log",

    rule gather_download:
        input:
            lambda wildcards: file_of(USER.download.items),
            shards=shards("download"),
        output:
            pages=report(
                DONE["download"], category="1 The job", caption="captions/pages.rst", labels={"table": "pages"}
            ),
            profile="results/download/profile.csv",
            path="results/download/path.json",
        log:
            "results/logs/download.log",
        retries: 0  # its answer to failures is not to be had by asking again
        localrule: True
        conda:
            "envs/workflow.yaml"
        params:
            sites=lambda wildcards: USER.download.items,
            source=USER.download.source,
            path=USER.download.path,
            live=lambda wildcards: USER.download.manners,
            in_flight=USER.download.in_flight,
            max_failures=USER.download.max_failures,
            limits=USER.download.limits,
            seed=USER.seed,
            code=code("gather_download.py"),
        script:
            "scripts/gather_download.py"


rule squares:
    input:
        lambda wildcards: file_of(USER.squares.items),
        verdict=verdict_awaited,
    output:
        report(DONE["squares"], category="1 The job", caption="captions/sums.rst", labels={"table": "sums"}),
    log:
        "results/logs/squares.log",
    conda:
        "envs/workflow.yaml"
    threads: cores_of_the_job
    params:
        numbers=lambda wildcards: USER.squares.items,
        arms=lambda wildcards: USER.squares.job_arms,
        start_method=USER.start_method,
        code=code("squares.py"),
    script:
        "scripts/squares.py"


if USER.squares.shards > 1:

    ruleorder: gather_squares > squares

    use rule squares as squares_shard with:
        output:
            "results/squares/shards/{scatteritem}.csv",
        log:
            "results/logs/squares/{scatteritem}.log",

    rule gather_squares:
        input:
            lambda wildcards: file_of(USER.squares.items),
            shards=shards("squares"),
        output:
            report(DONE["squares"], category="1 The job", caption="captions/sums.rst", labels={"table": "sums"}),
        log:
            "results/logs/squares.log",
        localrule: True
        conda:
            "envs/workflow.yaml"
        params:
            numbers=lambda wildcards: USER.squares.items,
            code=code("gather_squares.py"),
        script:
            "scripts/gather_squares.py"


# With `source: profile`, what is compared is a stand-in: each item is done once, one by one, to see how long it takes.
rule record:
    input:
        lambda wildcards: file_of(USER.own[wildcards.work].items),
    output:
        "results/{work}/profile.pickle",
    log:
        "results/logs/record/{work}.log",
    conda:
        "envs/workflow.yaml"
    threads: CORES
    params:
        compared=lambda wildcards: [one.plain() for one in USER.compared(wildcards.work)],
        conditions=conditions,
        files=files_called,
        own=called_code,
        packages=packages_called,
        code=code("record.py"),
    script:
        "scripts/record.py"


rule do:
    input:
        lambda wildcards: file_of(USER.own[wildcards.work].items),
        verdict=verdict_awaited,
    output:
        report("results/{work}/results.jsonl", category="1 The job", caption="captions/results.rst"),
    log:
        "results/logs/do/{work}.log",
    priority: 1  # before it is measured: what is broken is told at once
    conda:
        "envs/workflow.yaml"
    threads: cores_of_the_job
    params:
        source=lambda wildcards: USER.own[wildcards.work].items,
        files=files_called,
        fields=lambda wildcards: USER.own[wildcards.work].fields,
        arms=lambda wildcards: USER.own[wildcards.work].job_arms,
        start_method=USER.start_method,
        timeout_s=lambda wildcards: USER.own[wildcards.work].timeout_s,
        own=called_code,
        packages=packages_called,  # what failed for want of one is done again
        code=code("do.py"),
    script:
        "scripts/do.py"


include: "rules/preflight.smk"
include: "rules/explain.smk"
include: "rules/compare.smk"
include: "rules/recommend.smk"
include: "rules/map.smk"
include: "rules/other.smk"
include: "rules/plan.smk"


onstart:
    is_here = not workflow.executor_plugin.common_settings.non_local_exec
    if workflow.config_settings.replace_workflow_config and not is_here:
        sys.exit(
            "--replace-workflow-config: Snakemake does not tell it to jobs on other nodes; leave it out, and start in a "
            "folder whose config.yaml is the one that is meant"
        )
    jobs = list(workflow.dag.needrun_jobs())
    screenings, rounds = ([job for job in jobs if job.rule.name == rule] for rule in ("screen", "measure"))
    if rounds:
        counts = Counter(job.wildcards.workload for job in rounds)
        if USER.hosts and is_here:
            sys.exit("hosts: there is no cluster in this run; add --workflow-profile slurm, or set hosts: []")
        on_works = Counter(
            (job.wildcards.get("work", job.wildcards.get("workload")), job.rule.name) for job in jobs
        )
        awaited = {job.output.finalists for job in screenings}
        found = {job.wildcards.workload: job.input.get("finalists") for job in rounds}
        found = {name: file for name, file in found.items() if file and file not in awaited and is_here}
        try:
            said = plan.describe(counts, USER, cores.usable(CORES), on_works, found)
        except UserError as error:
            sys.exit(str(error))
        print(terminal.paragraph(said), file=sys.stderr)
        for line in messages.measured_again(measured_again(jobs)):
            print(line, file=sys.stderr)
    for job in jobs:
        if job.rule.name == "survey":
            minutes = job.params.minutes * len(job.params.interpreters)
            print(messages.surveying(minutes, is_mapping()), file=sys.stderr)
    if rounds and not is_submitting():
        messages.show_progress([Path(job.output[0]) for job in screenings + rounds])
    for line in messages.left_out(USER.left_out):
        print(line, file=sys.stderr)
    if is_submitting():
        profile = requests.profile_file(sys.argv, SCRIPTS.parent)
        try:
            WATCH.show(submitted.follow(workflow, jobs, NODES(), profile, terminal.note, cluster.failed))
        except UserError as error:
            sys.exit(str(error))


onsuccess:
    WATCH.end()
    print(messages.outcome({file for job in workflow.dag.jobs for file in job.output}, DONE), file=sys.stderr)


onerror:
    WATCH.end()
