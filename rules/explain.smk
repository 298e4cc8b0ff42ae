"""Concurrency made visible: rules that run things once more to show how they work, and are never timed for the verdict.

`--config explain=false` leaves them out.
"""

EXPLAINED = {
    "futures": ["results/tables/futures.csv", "results/tables/tasks.csv"],
    "switching": ["results/tables/switching.csv"],
    "races": ["results/tables/races.csv"],
}
EXPLANATIONS = [f"{workload}_timeline" for workload in COMPARED] + [*EXPLAINED] if USER.explain else []


rule timeline:
    input:
        measured_files,
        preflight=preflight,
        finalists=finalists,
    output:
        "results/traces/{workload}.json",
    log:
        "results/logs/timeline/{workload}.log",
    conda:
        "../envs/workflow.yaml"
    threads: CORES
    params:
        compared=compared,
        conditions=conditions,
        strategies=strategy_code,
        own=own_code,
        packages=packages_measured,
        files=files_called,
        code=code("timeline.py"),
    script:
        "../scripts/timeline.py"


rule plot_timeline:
    input:
        trace="results/traces/{workload}.json",
    output:
        report(
            "results/plots/{workload}_timeline.svg",
            category="4 Why",
            caption="../captions/timeline.rst",
            labels={"topic": "{workload}", "plot": "who did what when"},
        ),
        "results/plots/{workload}_timeline.png",
        narrow="results/plots/{workload}_timeline_narrow.svg",
        text="results/plots/{workload}_timeline.txt",
    log:
        "results/logs/plot_timeline/{workload}.log",
    localrule: True
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("plot_timeline.py"),
    script:
        "../scripts/plot_timeline.py"


rule futures:
    output:
        futures="results/tables/futures.csv",
        tasks="results/tables/tasks.csv",
    log:
        "results/logs/futures.log",
    conda:
        "../envs/workflow.yaml"
    threads: CORES
    params:
        code=code("futures.py"),
    script:
        "../scripts/futures.py"


rule switching:
    output:
        "results/tables/switching.csv",
    log:
        "results/logs/switching.log",
    conda:
        "../envs/workflow.yaml"
    threads: CORES
    params:
        code=code("switching.py"),
    script:
        "../scripts/switching.py"


rule races:
    output:
        "results/tables/races.csv",
    log:
        "results/logs/races.log",
    conda:
        "../envs/workflow.yaml"
    threads: CORES
    params:
        interpreters=[asdict(interpreter) for interpreter in USER.interpreters],
        code=code("races.py"),
    script:
        "../scripts/races.py"


rule plot_explanation:
    input:
        lambda wildcards: EXPLAINED[wildcards.topic],
    output:
        report(
            "results/plots/{topic}.svg",
            category="4 Why",
            caption="../captions/explanation.rst",
            labels={"topic": "{topic}", "plot": "how it works"},
        ),
        "results/plots/{topic}.png",
        "results/plots/{topic}_narrow.svg",
        text="results/plots/{topic}.txt",
    log:
        "results/logs/plot_explanation/{topic}.log",
    wildcard_constraints:
        topic="|".join(EXPLAINED),
    localrule: True
    conda:
        "../envs/workflow.yaml"
    params:
        code=lambda wildcards: code("plot_explanation.py", f"showing/{wildcards.topic}.py"),
    script:
        "../scripts/plot_explanation.py"
