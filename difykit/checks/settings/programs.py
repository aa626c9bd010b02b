"""Programs: values that nginx, gunicorn, a database or Compose judge, limits that contradict, HTTPS without files."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping

from difykit.checks import Finding, NotJudged
from difykit.checks.settings.configured import Look, Setting
from difykit.checks.settings.consistency import running
from difykit.dify import certificates, keys
from difykit.release.render import CertificateFiles, contradictions, find_certificate, refused_values, shipped_values


def refused(look: Look) -> Iterator[Finding]:
    """Values that a program other than Dify's own would refuse."""
    for value in refused_values(
        look.inputs, look.release.services, running(look), look.environment.values, look.environment.own_keys
    ):
        if setting := _first(value.keys, look.effective):
            yield setting.error(f"{setting.shown} {value.text}", value.hint)


def contradicting(look: Look) -> Iterator[Finding]:
    """Limits of which one lets through what the other refuses."""
    values, release = look.environment.values, look.release
    shipped = {
        **{key: release.default(key) or "" for key in release.known},
        **shipped_values(look.inputs, release.compose),
    }
    for pair in contradictions(values, shipped, look.effective.keys(), release.services, running(look)):
        setting = look.effective[pair.key]
        yield (setting.error if pair.always else setting.warning)(pair.text, pair.hint)


def certificate(look: Look) -> Iterator[Finding]:
    """HTTPS without the certificate, or with one that nginx would refuse."""
    setting = look.effective.get(keys.NGINX_HTTPS_ENABLED)
    files = find_certificate(look.inputs, look.release.services, running(look), look.environment.values)
    if setting is None or files is None:
        return
    text, hint = (files.fault, files.hint) if files.fault else (_fault(files), _HINT)
    if text:
        named = next((look.effective[key] for key in certificates.NAMES if key in look.effective), setting)
        yield (setting if files.fault else named).error(text, hint)


_HINT = "docs/https.md has the commands to make and to look at a certificate"


def _fault(files: CertificateFiles) -> str:
    """What nginx would say of the two files; "" where they fit. Raises NotJudged where they cannot be read."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key, password=_none)
    except PermissionError as error:
        raise NotJudged(f"{error.filename or files.key} cannot be read: whether it fits is not judged") from error
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).replace("_", " ").lower()
        return f"nginx would refuse {files.certificate} with {files.key}: {reason}"
    except (OSError, ValueError) as error:
        return f"nginx cannot read {files.certificate} with {files.key}: {error}"
    return ""


def _none() -> str:
    raise ValueError("the key is encrypted, and nobody types its password when nginx starts")


def _first(names: tuple[str, ...], settings: Mapping[str, Setting]) -> Setting | None:
    return next((settings[name] for name in names if name in settings), None)
