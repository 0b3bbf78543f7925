"""A config file with every setting in it, made from the settings themselves."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

import msgspec

from stacktill.cli.showing import toml_value
from stacktill.runtime.config import Settings

if TYPE_CHECKING:
    from stacktill.runtime.plugin_host import LoadedPlugin

__all__ = ["config_template"]

WIDTH = 98
HEAD = """\
stacktill's settings. Every line that begins with # and no space is a setting with its default:
remove the # to change it. What is left out keeps its default.

Each setting can also come from the environment, which goes before this file:
STACKTILL__SERVER__PORT=9000 is port in [server]. Lists are written with commas. With _FILE at the
end (STACKTILL__SERVER__HOST_FILE=/run/secrets/host) the value is read from that file.

stacktill looks for this file as --config says, else STACKTILL_CONFIG, else ./stacktill.toml.
`stacktill check` tells what it makes of it."""
PLUGINS = """\
Each [plugins.NAME] table puts a plugin on, also when there is nothing in it; the order of the
tables is the order in which plugins are asked. Without any such table these are on:"""
_SAMPLES: dict[Any, Any] = {bool: True, int: 1, float: 1.0, str: "…"}


def config_template(plugins: Mapping[str, LoadedPlugin]) -> str:
    """The text of the file, for the appliance and these plugins."""
    lines = [*_comment(HEAD)]
    for field in msgspec.structs.fields(Settings):
        if field.name != "plugins":
            lines += ["", *_table(field.encode_name, field.type)]
    lines += ["", *_comment(PLUGINS)]
    for name, plugin in plugins.items():
        lines += ["", *_table(f"plugins.{name}", plugin.info.config, heading=plugin.info.summary)]
    return "\n".join(lines) + "\n"


def _table(name: str, struct: type[msgspec.Struct], heading: str | None = None) -> Iterator[str]:
    if heading is not None:
        yield from _comment(heading)
    yield f"[{name}]"
    explained = False
    inner: list[tuple[str, type[msgspec.Struct]]] = []
    for field in msgspec.structs.fields(struct):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            inner.append((f"{name}.{field.encode_name}", field.type))
            continue
        meta = _meta(field.type)
        if meta is not None and meta.description:
            yield from _comment(meta.description)
        elif not explained:
            yield from _comment(_described(struct))
            explained = True
        yield _setting(field, meta)
    for table in inner:
        yield ""
        yield from _table(*table)


def _setting(field: msgspec.structs.FieldInfo, meta: msgspec.Meta | None) -> str:
    default = field.default
    if field.default_factory is not msgspec.NODEFAULT:
        default = field.default_factory()
    if default is not msgspec.NODEFAULT and default is not None:
        return f"#{field.encode_name} = {toml_value(default)}"
    sample = meta.examples[0] if meta is not None and meta.examples else _sample(field.type)
    why = "is not set by default" if default is None else "has no default"
    return f"#{field.encode_name} = {toml_value(sample)}  # an example; it {why}"


def _meta(kind: Any) -> msgspec.Meta | None:
    if get_origin(kind) is not Annotated:
        return None
    return next((one for one in kind.__metadata__ if isinstance(one, msgspec.Meta)), None)


def _sample(kind: Any) -> Any:
    """A value of a type, to show how one is written."""
    holder = get_origin(kind)
    if holder is Annotated:
        return _sample(get_args(kind)[0])
    if holder is Literal:
        return get_args(kind)[0]
    if holder in (tuple, list, set, frozenset):
        return [_sample(get_args(kind)[0])]
    rest = [one for one in get_args(kind) if one is not type(None)]
    return _sample(rest[0]) if rest else _SAMPLES.get(kind, "…")


def _described(struct: type[msgspec.Struct]) -> str:
    """What a struct's docstring says after its first sentence, in plain words."""
    text = inspect.getdoc(struct) or ""
    _, _, details = text.partition("\n\n")
    return details.replace("``", "").replace("None means", "when not set,")


def _comment(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        if paragraph != text.split("\n\n", maxsplit=1)[0]:
            yield "#"
        for line in textwrap.wrap(" ".join(paragraph.split()), WIDTH):
            yield f"# {line}"
