"""The comparison: rounds of samples, the tables and plots made of them, and the report."""


# Where it is to be found with how many workers to measure. Asking for all cores makes Snakemake run such a job alone.
rule screen:
    input:
        measured_files,
        preflight=preflight,
    output:
        finalists="results/rounds/{workload}{host}/finalists.json",
        samples="results/rounds/{workload}{host}/screening.csv",
    log:
        "results/logs/screen/{workload}{host}.log",
    conda:
        "../envs/workflow.yaml"
    threads: CORES
    resources:
        slurm_partition=node_wanted("partition"),
        constraint=node_wanted("constraint"),
    params:
        compared=compared,
        conditions=conditions,
        screening=USER.screening,
        python=interpreters.RUNNING.label,
        strategies=strategy_code,
        own=own_code,
        packages=packages_measured,
        files=files_called,
        code=code("screen.py"),
    script:
        "../scripts/screen.py"


# The same for one round, which counts.
rule measure:
    input:
        measured_files,
        preflight=preflight,
        finalists=finalists,
    output:
        "results/rounds/{workload}{host}/{round}.csv",
    log:
        "results/logs/measure/{workload}{host}/{round}.log",
    conda:
        "../envs/workflow.yaml"
    threads: CORES
    resources:
        slurm_partition=node_wanted("partition"),
        constraint=node_wanted("constraint"),
    params:
        compared=compared,
        conditions=conditions,
        seed=USER.seed,
        python=interpreters.RUNNING.label,
        strategies=strategy_code,
        own=own_code,
        packages=packages_measured,
        files=files_called,
        code=code("measure.py"),
    script:
        "../scripts/measure.py"


# Only asked for with a `precision`: how wide the recommended arm's interval is after that many rounds.
checkpoint precision:
    input:
        rounds=lambda wildcards: rounds_to(wildcards.workload + wildcards.host, wildcards.round),
    output:
        "results/rounds/{workload}{host}/precision_{first}-{round}_{form}.txt",
    log:
        "results/logs/precision/{workload}{host}/{first}-{round}_{form}.log",
    localrule: True
    conda:
        "../envs/workflow.yaml"
    params:
        worthwhile=USER.worthwhile,
        code=code("precision.py"),
    script:
        "../scripts/precision.py"


rule collect:
    input:
        rounds=lambda wildcards: [file for folder in MEASURED for file in screened(folder) + measured_rounds(folder)],
        extra=lambda wildcards: [the_users(path) for path in USER.extra_timings],
    output:
        report(
            TIMINGS,
            category="3 Tables",
            caption="../captions/timings.rst",
            labels={"table": "every sample"},
        ),
    log:
        "results/logs/collect.log",
    localrule: True
    conda:
        "../envs/workflow.yaml"
    params:
        warm_up=USER.warm_up,
        code=code("collect.py"),
    script:
        "../scripts/collect.py"


# What a live comparison replays was recorded once: is it the truth?
rule check_replay:
    input:
        measured_files,
    output:
        "results/{workload}/check.json",
    log:
        "results/logs/check_replay/{workload}.log",
    conda:
        "../envs/workflow.yaml"
    threads: CORES
    params:
        compared=compared,
        conditions=conditions,
        python=interpreters.RUNNING.label,
        strategies=strategy_code,
        code=code("check_replay.py"),
    script:
        "../scripts/check_replay.py"


rule analyse:
    input:
        timings=TIMINGS,
        profile=lambda wildcards: LIVE[0] if recorded(wildcards) else [],
        recorded=recorded,
    output:
        summary=report(
            SUMMARY,
            category="3 Tables",
            caption="../captions/summary.rst",
            labels={"table": "every arm"},
        ),
        verdict=VERDICT,
        scaling=report(
            SCALING,
            category="3 Tables",
            caption="../captions/scaling.rst",
            labels={"table": "how each strategy scales"},
        ),
    log:
        "results/logs/analyse.log",
    localrule: True
    conda:
        "../envs/workflow.yaml"
    params:
        robust=USER.robust,
        worthwhile=USER.worthwhile,
        cut=lambda wildcards: [name for name in COMPARED if USER.is_cut(name)],
        replayed=lambda wildcards: replayed() if recorded(wildcards) else [],
        live={key: USER.download.live[key] for key in ("in_flight_per_host", "requests_per_second", "robots")},
        stand_ins=[name for name, work in USER.own.items() if work.is_recorded],
        code=code("analyse.py"),
    script:
        "../scripts/analyse.py"


# With the consent that `live.verify` is: the real sites, for once, one by one and as recommended.
rule verify:
    input:
        measured_files,
        finalists=finalists,
        summary=ancient(SUMMARY),
        verdict=ancient(VERDICT),
    output:
        "results/{workload}/verify.json",
    log:
        "results/logs/verify/{workload}.log",
    conda:
        "../envs/workflow.yaml"
    threads: CORES
    params:
        compared=compared,
        conditions=conditions,
        code=code("verify.py"),
    script:
        "../scripts/verify.py"


rule claims:
    input:
        timings=TIMINGS,
    output:
        report(
            CLAIMS,
            category="3 Tables",
            caption="../captions/claims.rst",
            labels={"table": "the rule of thumb put to the test"},
        ),
    log:
        "results/logs/claims.log",
    localrule: True
    conda:
        "../envs/workflow.yaml"
    params:
        worthwhile=USER.worthwhile,
        code=code("claims.py"),
    script:
        "../scripts/claims.py"


rule plot:
    input:
        timings=TIMINGS,
        summary=SUMMARY,
        verdict=VERDICT,
    output:
        report(
            "results/plots/{pictured}_{plot}.svg",
            category="2 Plots",
            caption="../captions/plot.rst",
            labels={"workload": "{pictured}", "plot": "{plot}"},
        ),
        "results/plots/{pictured}_{plot}.png",
        "results/plots/{pictured}_{plot}_narrow.svg",
    log:
        "results/logs/plot/{pictured}_{plot}.log",
    wildcard_constraints:
        pictured="|".join(PICTURED) or "(?!)",
        plot="comparison|workers|cost",
    localrule: True
    conda:
        "../envs/workflow.yaml"
    params:
        code=lambda wildcards: code("plot.py", f"showing/{wildcards.plot}.py"),
    script:
        "../scripts/plot.py"


rule environment:
    output:
        ENVIRONMENT,
    log:
        "results/logs/environment{host}.log",
    conda:
        "../envs/workflow.yaml"
    threads: CORES
    resources:
        slurm_partition=node_wanted("partition"),
        constraint=node_wanted("constraint"),
    params:
        python=interpreters.RUNNING.label,
        code=code("environment.py"),
    script:
        "../scripts/environment.py"


rule report:
    input:
        timings=TIMINGS,
        summary=SUMMARY,
        verdict=VERDICT,
        scaling=SCALING,
        claims=CLAIMS,
        plots=PICTURES,
        environment=expand(ENVIRONMENT, host=KINDS),
        explanations=expand("results/plots/{topic}{kind}", topic=EXPLANATIONS, kind=[".svg", "_narrow.svg", ".txt"]),
        traces=expand("results/traces/{workload}.json", workload=COMPARED if USER.explain else []),
        recorded=recorded,
        verified=verified,
        mapped=mapped,
        recommended=expand("results/recommended/{script}.py", script=RECOMMENDED),
    output:
        report(
            "results/report.html", category="0 The answer", caption="../captions/report.rst", labels={"page": "report"}
        ),
    log:
        "results/logs/report.log",
    localrule: True
    conda:
        "../envs/workflow.yaml"
    params:
        left_out=lambda wildcards: USER.left_out,
        config=lambda wildcards: plain(config),
        replayed=lambda wildcards: replayed(),
        recommended=lambda wildcards: RECOMMENDED,
        measured=lambda wildcards: {name: work.measured(USER.measure_items) for name, work in USER.own.items()},
        code=code("report.py"),
    script:
        "../scripts/report.py"
