"""`KEY=+own`: words that are added to a list of Dify's own, where a plain value would take its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from difykit.dify import layout, lists
from difykit.git import Tree, text_of
from difykit.workspace import dotenv

ADDS = "+"


def list_defaults(tree: Tree) -> Mapping[str, str]:
    """The settings of a release that stand for a list, each with the raw list that it is where nobody sets it."""
    defaults: dict[str, str] = {}
    for path in [*(path for path in tree.under(layout.ENVS) if path.endswith(layout.EXAMPLE)), layout.ENV_EXAMPLE]:
        for assignment in dotenv.assignments(text_of(tree.read(path))):
            # Up to 1.10.0 the profiles are a list of one.
            of_words = lists.is_list(assignment.raw) or assignment.key == lists.PROFILES
            if of_words and not dotenv.is_secret(assignment.key, assignment.raw):
                defaults[assignment.key] = assignment.raw
    return defaults | dict(lists.worker_queues(text_of(tree.read(layout.ENTRYPOINT))))


def extended(layers: Sequence[dotenv.EnvLayer], defaults: Mapping[str, str]) -> list[dotenv.EnvLayer]:
    """The layers with each `+own` joined to the list below it: that of an earlier layer, else Dify's own."""
    below = dict(defaults)
    joined = []
    for layer in layers:
        raw = {key: _joined(below[key], text) if key in defaults else text for key, text in layer.raw.items()}
        below |= {key: text for key, text in raw.items() if key in defaults and dotenv.decode(text) != ""}
        joined.append(dotenv.EnvLayer(layer.origin, raw))
    return joined


def adds(raw: str) -> bool:
    """Whether a raw value of a list adds to the one below it."""
    return (dotenv.decode(raw) or raw.strip("\"'")).startswith(ADDS)


def _joined(below: str, raw: str) -> str:
    if not adds(raw):
        return raw
    own = (dotenv.decode(raw) or raw.strip("\"'")).removeprefix(ADDS)
    plain = dotenv.decode(below)
    present = lists.items(plain if plain is not None else below)
    words = [word for word in lists.items(own) if word not in present]
    if plain is not None:
        return dotenv.quote(",".join([*present, *words]))
    return ",".join([below.strip('"'), *words])  # it names other settings, which stay names
