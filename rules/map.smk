"""The map of concurrency: which strategy to use for items that wait and compute so long; only when asked for,
`snakemake map`."""


# Swept sweep by sweep into a journal beside the rounds, which a killed survey goes on from, and one with more minutes.
rule survey:
    output:
        report(
            "results/tables/map.csv",
            category="3 Tables",
            caption="../captions/map.rst",
            labels={"table": "every place of the map"},
        ),
    log:
        "results/logs/survey.log",
    conda:
        "../envs/workflow.yaml"
    threads: CORES
    params:
        interpreters=[asdict(interpreter) for interpreter in USER.interpreters],
        minutes=minutes_of_the_map,
        start_method=USER.start_method,
        worthwhile=USER.worthwhile,
        seed=USER.seed,
        python=interpreters.RUNNING.label,
        code=code("survey.py", *contestants.MODULES),
    script:
        "../scripts/survey.py"


# Where the works that were measured lie on it.
rule locate:
    input:
        map=MAP[0],
        timings=TIMINGS,
        summary=SUMMARY,
        verdict=VERDICT,
        results=results_of_own,
    output:
        "results/tables/located.json",
    log:
        "results/logs/locate.log",
    localrule: True
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("locate.py"),
    script:
        "../scripts/locate.py"


rule plot_map:
    input:
        map=MAP[0],
        located=located,
    output:
        report(
            "results/plots/map.svg",
            category="2 Plots",
            caption="../captions/map.rst",
            labels={"workload": "any", "plot": "map"},
        ),
        "results/plots/map.png",
        "results/plots/map_narrow.svg",
        text="results/plots/map.txt",
    log:
        "results/logs/plot_map.log",
    localrule: True
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("plot_map.py"),
    script:
        "../scripts/plot_map.py"


rule map:
    input:
        MAP,
        lambda wildcards: "results/report.html" if located(wildcards) else [],
    localrule: True
