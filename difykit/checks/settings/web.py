"""Web: values that it would not start or not build with, and settings that its build has from two places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from difykit.checks import Finding
from difykit.checks.settings.configured import Look, Setting
from difykit.checks.settings.overwritten import filled_by, scripts, started_with
from difykit.checks.settings.stack import RenderedStack, StackService
from difykit.dify import services, web_schema, web_settings
from difykit.dify.programs import Form
from difykit.release import compose


def wrong_values(look: Look, stack: RenderedStack) -> Iterator[Finding]:
    """Values that web's own schema refuses, as they come out of the script that starts it."""
    service = next((service for name, service in sorted(stack.running.items()) if _is_web(name, look)), None)
    if service is None:
        return
    body = dict(look.release.services[service.name])
    script = scripts(look)[services.WEB_IMAGE]
    problems: dict[str, Finding] = {}  # one setting may fill several of web's, such as NEXT_PUBLIC_… and its old name
    for key, form in _judged(look).items():
        value = started_with(key, script, _with_readers(body, look), look)
        if not value or form.takes(value):
            continue
        sources = script.sources(key) or (key,)
        pairs = [(source, name) for source in sources for name in filled_by(source, body)]
        names = [name for source, name in pairs if not _elsewhere(source, name, service)]
        if setting := next((look.effective[name] for name in names if name in look.effective), None):
            problems.setdefault(setting.key, setting.error(*_why(setting, form)))
    yield from problems.values()


def _is_web(name: str, look: Look) -> bool:
    image = look.release.services.get(name, {}).get("image", "")
    return compose.repository(str(image)) == services.WEB_IMAGE


def _elsewhere(variable: str, key: str, service: StackService) -> bool:
    """Whether an overlay's Compose file gives a variable a value that a setting has no part in."""
    return variable in service.environment and key not in service.sources.get(variable, frozenset())


def _judged(look: Look) -> Mapping[str, Form]:
    tree = look.release.tree
    forms = web_schema.schema(tree.text(web_settings.ENV) if tree.exists(web_settings.ENV) else "")
    config = web_settings.of_config(lambda path: tree.text(path) if tree.exists(path) else "")
    paths = {key for key in config if key.endswith(web_schema.BASE_PATH_ENDS)}
    return {**forms, **dict.fromkeys(paths, web_schema.BASE_PATH)}


def _with_readers(body: dict[str, Any], look: Look) -> dict[str, Any]:
    """The service with what difykit hands to it, since it reads it."""
    own = {key: None for key, names in look.inputs.readers.items() if services.WEB in names}
    return {**body, "environment": {**own, **compose.environment(body)}}


def _why(setting: Setting, form: Form) -> tuple[str, str]:
    return f"{setting.shown} is not {form.says}, which web takes: it would not start", f"give it {form.says}"
