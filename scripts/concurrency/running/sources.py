"""Where a configuration comes from: files and the command line, merged as Snakemake does it, each value with its
origin."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concurrency.errors import UserError
from concurrency.running import reading

Keys = tuple[str, ...]  # those that lead to a value
Origins = Mapping[Keys, str]  # by them, what messages call the file or the option that gave it; (): all the others
UNKNOWN: Origins = {(): "config.yaml"}
OPTION = "--config"
PLAIN = re.compile(r"[\w.-]+")  # a key that needs no quotes


@dataclass(frozen=True)
class Place:
    """A place in the configuration, as messages name it: `config.yaml: download.sites`."""

    origins: Origins
    keys: Keys = ()

    def at(self, *keys: str) -> "Place":
        """The one below it to which `keys` lead."""
        return Place(self.origins, (*self.keys, *keys))

    @property
    def origin(self) -> str:
        """The file or the option that gave what stands there, or what is next above it."""
        leading = (self.keys[:length] for length in range(len(self.keys), -1, -1))
        return next(self.origins[keys] for keys in leading if keys in self.origins)

    def __str__(self) -> str:
        keys = ".".join(key if PLAIN.fullmatch(key) else repr(key) for key in self.keys)
        return f"{self.origin}: {keys}"


def given(workflow: Any, config: Mapping[str, Any], shipped: Path) -> tuple[dict[str, Any], Origins]:
    """The configuration that a Snakemake `workflow` was given: the file that is its own (a config.yaml in the working
    directory takes the place of the `shipped` one), those of --configfile, and --config; as a module, its `config`.

    Snakemake has read the same files, as YAML 1.1, which is why that is not taken. Raises UserError for what cannot be
    read.
    """
    if workflow.modifier.skip_configfile:
        return merged([("config of the module", config)])
    settings = workflow.config_settings
    own = Path("config.yaml") if os.path.lexists("config.yaml") else shipped
    if (
        own == shipped
        and os.path.lexists(other := "config.yml")
        and Path(other).absolute() not in map(Path, settings.configfiles)
    ):
        raise UserError(f"{other}: is not read; call it config.yaml, or give --configfile {other}")
    files = [*([] if settings.replace_workflow_config else [own]), *settings.configfiles]
    workflow.configfiles.append(str(own))  # that it goes with the workflow to where jobs have no other files
    start = Path(workflow.workdir_init)
    layers = [(name := _name(file, start), reading.read(file, name)) for file in files]
    return merged([*layers, *((OPTION, entry) for entry in _options(settings.config_args))])


def folders(workflow: Any, *others: Path) -> tuple[Path, ...]:
    """Where to look up relative paths: the working directory, the folders of what --configfile gave, and `others`."""
    beside = (file.parent.resolve() for file in workflow.config_settings.configfiles)
    return tuple(dict.fromkeys([Path(), *(_within(folder, Path.cwd()) for folder in beside), *others]))


def merged(layers: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[dict[str, Any], Origins]:
    """Configurations with their origins as one: mappings are merged key by key, of all else the last counts."""
    values: dict[str, Any] = {}
    origins: dict[Keys, str] = {}
    for origin, layer in layers:
        origins.setdefault((), origin)
        _merge(values, layer, origin, origins, ())
    return values, origins


def _merge(into: dict[str, Any], layer: Mapping[str, Any], origin: str, origins: dict[Keys, str], keys: Keys) -> None:
    for key, value in layer.items():
        origins[*keys, key] = origin
        if isinstance(value, Mapping):
            if not isinstance(into.get(key), dict):
                into[key] = {}
            _merge(into[key], value, origin, origins, (*keys, key))
        else:
            into[key] = value


def _options(entries: Iterable[str]) -> Iterable[dict[str, Any]]:
    """What `--config KEY=VALUE …` gave; Snakemake makes text of all that is in a list or a mapping there."""
    for entry in entries:
        key, _, text = entry.partition("=")
        yield {key: _value(text, f"{OPTION}: {key}")}


def _value(text: str, name: str) -> Any:
    try:
        return reading.load(text, name)
    except UserError:
        if text.lstrip().startswith("{"):
            raise
        return text  # such as a pattern, *.jpg


def _name(file: Path, start: Path) -> str:
    """As the user who stands in the folder `start` would type it."""
    return str(_within(Path(os.path.abspath(file)), start))  # noqa: PTH100  (links stay what they are called)


def _within(path: Path, folder: Path) -> Path:
    return path.relative_to(folder) if path.is_relative_to(folder) else path
