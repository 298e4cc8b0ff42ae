"""What changed since another run: only when asked for, `snakemake compare_with --config other=path/to/results`."""

OWN_TIMINGS = Path(PLACE.modify_path("results/tables/timings.csv"))

try:
    IN_BOTH = other.works_in_both(USER.other, OWN_TIMINGS, COMPARED, "other") if USER.other else []
except UserError as error:
    sys.exit(str(error))


def measured_there(wildcards):
    if not USER.other:
        sys.exit(f"other: give the results of the run to compare with: {other.COMMAND}")
    return the_users(USER.other)


def measured_here(wildcards):
    """This run's samples as they are, whatever was changed since; measured as always where there are none."""
    return local(str(OWN_TIMINGS.resolve())) if OWN_TIMINGS.exists() else rules.collect.output[0]


def machine_here(wildcards):
    if not OWN_TIMINGS.exists():
        return expand(rules.environment.output[0], host=KINDS)
    return [local(str(file.resolve())) for file in sorted(OWN_TIMINGS.parent.glob("environment*.json"))]


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
        folders=lambda wildcards: [str(USER.other).removesuffix(f"/{other.TABLE}"), "results"],
        code=code("compare_with.py"),
    script:
        "../scripts/compare_with.py"
