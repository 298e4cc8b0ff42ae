"""What changed since another run: only when asked for, `snakemake compare_with --config other=path/to/results`."""


rule compare_with:
    input:
        before=measured_there,
        now=measured_here,
        machine_before=lambda wildcards: [
            the_users(file) for file in sorted(USER.other.parent.glob("environment*.json"))
        ],
        machine_now=machine_here,
    output:
        page=report("results/compared.html", category="5 What changed", caption="../captions/compared.rst"),
        table=report(
            "results/tables/compared.csv",
            category="5 What changed",
            caption="../captions/compared.rst",
            labels={"table": "every arm, before and now"},
        ),
        said="results/tables/compared.json",
        pictures=expand("results/plots/{work}_compared{kind}", work=IN_BOTH, kind=[".svg", ".png", "_narrow.svg"]),
    log:
        "results/logs/compare_with.log",
    localrule: True
    conda:
        "../envs/workflow.yaml"
    params:
        robust=USER.robust,
        worthwhile=USER.worthwhile,
        pictured=IN_BOTH,
        folders=lambda wildcards: [other.folder(file) for file in (USER.other, OWN_TIMINGS)],
        code=code("compare_with.py"),
    script:
        "../scripts/compare_with.py"
