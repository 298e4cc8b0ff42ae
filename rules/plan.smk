"""What larger jobs would take: only when asked for, `snakemake capacity`."""


rule capacity:
    input:
        lambda wildcards: file_of(USER.download.items),
        lambda wildcards: file_of(USER.squares.items),
    output:
        "results/capacity.md",
    log:
        "results/logs/capacity.log",
    conda:
        "../envs/workflow.yaml"
    threads: CORES
    params:
        sites=lambda wildcards: USER.download.items,
        numbers=lambda wildcards: USER.squares.items,
        path=USER.download.path,
        in_flight=USER.download.in_flight,
        limits=USER.download.limits,
        rate=USER.download.live["requests_per_second"],
        seed=USER.seed,
        python=sys.executable,  # which has Snakemake; that of a conda environment has not
        code=code("capacity.py"),
    script:
        "../scripts/capacity.py"
