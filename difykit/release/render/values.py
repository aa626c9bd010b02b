"""Values that a program other than Dify's own reads: what that would refuse, so that it would not start."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from difykit.dify import keys, nginx_templates, programs, roles, services
from difykit.dify.programs import Form
from difykit.git import text_of
from difykit.release import compose
from difykit.release.render.inputs import RenderInputs


@dataclass(frozen=True)
class RefusedValue:
    """A value that a program would refuse, and the settings that decide it, the first of them by itself."""

    keys: tuple[str, ...]
    service: str
    value: str
    form: Form
    hint: str

    @property
    def text(self) -> str:
        """What is wrong, without the value, which may stand in the file of secrets."""
        return f"is not {self.form.says}: {self.service} would not start"


def refused_values(
    inputs: RenderInputs,
    bodies: Mapping[str, Any],
    active: frozenset[str],
    values: Mapping[str, str],
    own: Collection[str],
) -> Iterator[RefusedValue]:
    """The values that nginx, the databases, gunicorn, Celery or Compose would refuse, of the services that run.

    `own` are the settings that the workspace makes.
    """
    unlisted = {key: values[key] for key in own if key in values and key not in compose.interpolated(bodies)}
    seen: set[tuple[str, ...]] = set()
    for name in sorted(active & bodies.keys()):
        body = bodies[name]
        if not isinstance(body, dict):
            continue
        environment = _handed_on(name, body, inputs, unlisted) | reaching(body, values)
        for refused in _of_service(inputs, name, body, environment, values):
            if refused.keys not in seen:
                seen.add(refused.keys)
                yield refused


def _handed_on(name: str, body: Mapping[str, Any], inputs: RenderInputs, unlisted: Mapping[str, str]) -> dict[str, str]:
    """What difykit hands to a service, since it reads it, or since nobody else is known to."""
    of_api = compose.repository(str(body.get("image", ""))) == services.API_IMAGE
    return {key: value for key, value in unlisted.items() if name in inputs.readers.get(key, (name,) if of_api else ())}


def _of_service(
    inputs: RenderInputs,
    name: str,
    body: Mapping[str, Any],
    environment: Mapping[str, str],
    values: Mapping[str, str],
) -> Iterator[RefusedValue]:
    image = compose.repository(str(body.get("image", "")))
    if name == services.NGINX:
        yield from _of_nginx(inputs, name, body, environment)
    program = {services.WORKER: "Celery", roles.BEAT: ""}.get(environment.get(keys.MODE, ""), "gunicorn")
    for key, form in programs.options(inputs.scripts.get(image, "")):
        # An empty value is the script's default.
        if environment.get(key) and form.program == program:
            yield from _judged(name, key, environment[key], form, body)
    command = body.get("command") or ""
    words = " ".join(map(str, command)) if isinstance(command, list) else str(command)
    for key, form in programs.of_command(image, words):
        if values.get(key):
            yield from _judged(name, key, values[key], form, {})
    yield from _of_compose(name, body, values)


def _of_nginx(
    inputs: RenderInputs, name: str, body: Mapping[str, Any], environment: Mapping[str, str]
) -> Iterator[RefusedValue]:
    templates = {
        path: text_of(blob)
        for path, blob in inputs.docker.items()
        if path.startswith(nginx_templates.FOLDER) and path.endswith(".template")
    }
    for directive, key in nginx_templates.placements(templates, environment):
        if form := programs.NGINX.get(directive):
            yield from _judged(name, key, environment[key], form, body)
    for key in sorted(nginx_templates.anywhere(templates) & environment.keys()):
        if programs.ENDS_DIRECTIVE.search(environment[key]):
            yield from _judged(name, key, environment[key], programs.PLAIN, body)


def _of_compose(name: str, body: Mapping[str, Any], values: Mapping[str, str]) -> Iterator[RefusedValue]:
    check = body.get("healthcheck") or {}
    places = [(check.get(part), form) for part, form in programs.HEALTH.items()] if isinstance(check, dict) else []
    places += [
        (port.partition("}:")[0] + "}", programs.PUBLISHED)
        for port in body.get("ports") or ()
        if isinstance(port, str) and port.startswith("${") and "}:" in port
    ]
    for expression, form in places:
        keys = tuple(sorted(compose.interpolated([expression]))) if isinstance(expression, str) else ()
        value = compose.interpolate(str(expression), values)
        if keys and value and not form.takes(value):
            yield RefusedValue(keys, name, value, form, _hint(value, form))


def _judged(service: str, key: str, value: str, form: Form, body: Mapping[str, Any]) -> Iterator[RefusedValue]:
    if form.takes(value):
        return
    expression = compose.environment(dict(body)).get(key)
    names = compose.interpolated([expression]) if isinstance(expression, str) else frozenset[str]()
    yield RefusedValue(tuple(sorted(names)) or (key,), service, value, form, _hint(value, form))


def _hint(value: str, form: Form) -> str:
    near = form.near(value)
    return f"write {near}" if near else f"write it as {form.example}" if form.example else f"give it {form.says}"


def reaching(body: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    """What a service gets of these settings, with all defaults that its part of the Compose file has."""
    listed = compose.environment(dict(body))
    own = dict(values) if compose.reads_env_file(body) else {}
    for key, expression in listed.items():
        if expression is not None:
            own[key] = compose.interpolate(str(expression), values)
        elif key in values:
            own[key] = values[key]
    return own
