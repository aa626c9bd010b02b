"""The settings in nginx's templates: the directive that each stands in, so that what nginx takes there is known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from difykit.dify import keys
from difykit.dify.entrypoints import variables

FOLDER = "nginx/"
"""Where the templates stand below `docker`."""
_HTTPS = "https.conf.template"
_STATEMENT = re.compile(r"[^;{}#\n][^;{}]*;", re.DOTALL)
_COMMENT = re.compile(r"(?m)#.*$")
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def placements(templates: Mapping[str, str], environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(directive, setting) for each setting that is all that a directive says; what is not used is left out.

    `templates` are texts by their path below `docker`, `environment` what nginx's container gets.
    """
    https = environment.get(keys.NGINX_HTTPS_ENABLED) == "true"
    for path, text in sorted(templates.items()):
        if path.endswith(_HTTPS) and not https:
            continue
        # A setting written ${NAME} would open a block.
        plain = _PLACEHOLDER.sub(r"$\1", _COMMENT.sub("", text))
        for statement in _STATEMENT.findall(plain):
            directive, _, said = statement.strip().rstrip(";").partition(" ")
            for name in variables(said) if directive != "set" else ():
                if name in environment and _alone(said, name):
                    yield directive, name


def _alone(said: str, name: str) -> bool:
    """Whether a directive says nothing but this setting, or a flag behind it (`listen 443 ssl`)."""
    return re.fullmatch(rf"\s*\${name}(?:\s+[a-z]\w*)?\s*", said) is not None


def anywhere(templates: Mapping[str, str]) -> frozenset[str]:
    """Every setting that a template names, in whichever place."""
    return frozenset(name for text in templates.values() for name in _PLACEHOLDER.findall(text))
