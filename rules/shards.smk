"""One job in several, for clusters: Snakemake's scatter–gather of the downloads and of the sums.

Only where the config asks for more than one shard. Every shard runs the script of the whole job.
"""


scattergather:
    download=USER.shards["download"],
    squares=USER.shards["squares"],


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
            pages=report(DONE["download"], category="1 The job", caption="../captions/pages.rst", labels={"table": "pages"}),
            profile="results/download/profile.csv",
        log:
            "results/logs/download.log",
        conda:
            "../envs/workflow.yaml"
        retries: 0  # its answer to failures is not to be had by asking again
        params:
            folder="results/download",
            logs="results/logs/download",
            sites=USER.sites,
            max_failures=USER.max_failures,
            code=code("failures.py", "page_tables.py", "shards.py"),
        script:
            "../scripts/gather_download.py"


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
            report(DONE["squares"], category="1 The job", caption="../captions/sums.rst", labels={"table": "sums"}),
        log:
            "results/logs/squares.log",
        conda:
            "../envs/workflow.yaml"
        params:
            numbers=USER.numbers,
            function=USER.function,
            split=USER.split,
            code=code("shards.py", "squares.py"),
        script:
            "../scripts/gather_squares.py"
