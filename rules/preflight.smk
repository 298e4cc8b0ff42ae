"""What is tried before anything is measured: that every strategy starts, and what the user's own functions do."""

# A file's name says what was tried, and is the one thing that has it tried again: had a job another reason, Snakemake
# would not look at what waits for it by `ancient`, and what is due there would be left for the next run. A script that
# is newer than the file would be one.
if workflow.is_main_process:
    with suppress(OSError):
        for tried in Path(PLACE.modify_path("results/rounds")).glob("*/preflight-*.json"):
            tried.touch()


# First of all, by its priority.
rule rehearse:
    output:
        "results/rounds/{workload}{host}/preflight-{tried}.json",
    log:
        "results/logs/rehearse/{workload}{host}/{tried}.log",
    wildcard_constraints:
        tried="[0-9a-f]+",
    priority: 2
    retries: 0  # its answer is not to be had by asking again
    conda:
        "../envs/workflow.yaml"
    threads: CORES
    resources:
        slurm_partition=node_wanted("partition"),
        constraint=node_wanted("constraint"),
    params:
        tried=lambda wildcards, output: to_try(wildcards.workload),  # not kept with the job, as an item may be large
        others=still_to_try,
    script:
        "../scripts/rehearse.py"


rule preflight:
    input:
        [preflight_of(name, kind) for name in COMPARED for kind in KINDS],
    localrule: True
