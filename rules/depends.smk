"""What rules depend on beside files: code, packages, what was tried before. Another one runs a rule again."""

CODE = Digests(Path(".snakemake/code.json"))
PACKAGES = Packages(Path(".snakemake/packages.json"))


def code(script, *modules):
    """A digest of all that a rule's script is made of, of library `modules` that it imports by name, too: editing that
    runs the rule again."""
    return CODE.of(SCRIPTS / script, *(SCRIPTS / "concurrency" / module for module in modules))


def files_called(wildcards):
    """A digest of the files that a pattern stands for, in place of a hundred thousand inputs."""
    return items.digest(source) if isinstance(source := USER.works[the_work(wildcards)].items, str) else ""


def verdict_awaited(wildcards):
    """The verdict, where it says by what the job is done; one that changes later redoes nothing."""
    waits = USER.works[wildcards.get("work", "squares")].job_waits
    return ancient(VERDICT) if waits else []


def strategy_code(wildcards):
    """A digest of the strategies in use: editing one measures again."""
    files = set()
    for comparison in USER.compared(wildcards.workload):
        known = comparison.workload.strategies()
        files.update(known[arm.strategy].path for arm in comparison.arms)
    return CODE.of(*files)


def own_code(wildcards):
    """A digest of the user's own functions and all that they import from their folders."""
    return CODE.of(*USER.works[the_work(wildcards)].own_files)


def called_code(wildcards):
    """The same of what is called for an item."""
    return CODE.of(*USER.own[wildcards.work].called_files)


def packages_measured(wildcards):
    """The packages that are imported by the user's own files, and those that the strategies in use need."""
    return packages_of(the_work(wildcards))


def packages_of(workload):
    needed = set()
    for comparison in USER.compared(workload):
        known = comparison.workload.strategies()
        needed.update(name for arm in comparison.arms for name in known[arm.strategy].needs)
    return PACKAGES.param(CODE.elsewhere(*USER.works[workload].own_files), needed)


def packages_called(wildcards):
    """Those that are imported by what is called for an item."""
    return PACKAGES.param(CODE.elsewhere(*USER.own[wildcards.work].called_files), [])


def measured_again(jobs):
    """Why what was measured is to be measured again by `jobs`, by the part of the configuration."""
    found = {}
    for job in jobs:
        reason = workflow.dag.reason(job)
        if job.rule.name in ("record", "screen", "measure") and reason.params_changed and not reason.missing_output:
            setting = USER.compared(the_work(job.wildcards))[0].workload.setting
            found.setdefault(setting, why(reason.params_changed.only_old, reason.params_changed.only_new))
    return found


@cache
def to_try(workload):
    """What is tried of a work, as plain data: of what its samples depend on, so that they are taken anew, too, whenever
    that is another thing."""
    work, here = USER.works[workload], SimpleNamespace(workload=workload)
    first, is_own = USER.compared(workload)[0], workload in USER.own
    fields = {**first.fields, "source": first.workload.items[:1]} if is_own else {"source": []}
    return {
        "compared": first.plain() | {"fields": fields},
        "conditions": {"start_method": USER.start_method, "timeout_s": work.timeout_s},
        "calls": not work.is_recorded,
        "count": first.workload.count if is_own else 0,
        "python": interpreters.RUNNING.label,
        "strategies": strategy_code(here),
        "own": CODE.of(*work.own_files),
        "packages": packages_of(workload),
    }


def preflight_of(workload, host):
    tried = hashlib.sha256(json.dumps(to_try(workload), sort_keys=True).encode()).hexdigest()[:12]
    return f"results/rounds/{workload}{host}/preflight-{tried}.json"


def preflight(wildcards):
    """That of the work, on the first kind of nodes, if not on one. Nothing is measured again when it is tried again."""
    return ancient(preflight_of(the_work(wildcards), wildcards.get("host", KINDS[0])))


def still_to_try(wildcards, output):
    """All other works to be tried, where everything is asked for, and the first that is wrong ends the run; not watched,
    as it depends on `output`."""
    all_that_is_compared = {PLACE.modify_rulename(rule) for rule in ("all", "compare", "preflight")}
    given = workflow.execution_settings  # none where nothing is run, as for a report
    if not given or given.keep_going or not all_that_is_compared.issuperset(workflow.dag_settings.targets):
        return []
    others = [name for name in COMPARED if name != wildcards.workload]
    return [to_try(name) for name in others if not Path(PLACE.modify_path(preflight_of(name, wildcards.host))).exists()]
