"""The winner as code: what is recommended, with the user's items and function, in a script that needs nothing of this."""


rule recommend:
    input:
        verdict=VERDICT,
        timings=TIMINGS,
        environment=expand(ENVIRONMENT, host=KINDS),
    output:
        "results/recommended/{script}.py",
    log:
        "results/logs/recommend/{script}.log",
    wildcard_constraints:
        script="|".join(RECOMMENDED) or "(?!)",
    localrule: True
    conda:
        "../envs/workflow.yaml"
    params:
        kind=lambda wildcards: recommended_comparison(wildcards).kind,
        fields=lambda wildcards: {**recommended_comparison(wildcards).fields, "measure_items": None},
        arms=lambda wildcards: recommended_comparison(wildcards).plain()["arms"],
        own_files=lambda wildcards: USER.works[RECOMMENDED[wildcards.script]].called_files,
        start_method=USER.start_method,
        contact=lambda wildcards: USER.download.live["contact"],
        own=lambda wildcards: CODE.of(*USER.works[RECOMMENDED[wildcards.script]].called_files),
        strategies=lambda wildcards: strategy_code(recommended(wildcards)),
        code=code("recommend.py"),
    script:
        "../scripts/recommend.py"
