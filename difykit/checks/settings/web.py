"""Web: values that it would not start or not build with, and settings that its build has from two places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from difykit.checks import Finding
from difykit.checks.settings.configured import Look, Setting
from difykit.checks.settings.consistency import running
from difykit.checks.settings.overwritten import filled_by, scripts, started_with
from difykit.dify import services, web_schema, web_settings
from difykit.dify.programs import Form
from difykit.release import compose


def wrong_values(look: Look) -> Iterator[Finding]:
    """Values that web's own schema refuses, as they come out of the script that starts it."""
    body = next(
        (
            dict(look.release.services[name])
            for name in sorted(running(look) & look.release.services.keys())
            if compose.repository(str(look.release.services[name].get("image", ""))) == services.WEB_IMAGE
        ),
        None,
    )
    if body is None:
        return
    script = scripts(look)[services.WEB_IMAGE]
    for key, form in _judged(look).items():
        value = started_with(key, script, _with_readers(body, look), look)
        if not value or form.takes(value):
            continue
        sources = script.sources(key) or (key,)
        names = [winner for source in sources for winner in filled_by(source, body)]
        if setting := next((look.effective[name] for name in names if name in look.effective), None):
            yield setting.error(*_why(setting, form))


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
