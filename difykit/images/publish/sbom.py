"""What is in an image, as SPDX lists it: found by the program syft in the registry, where the image is by then.

Its login is Docker's own, which syft reads itself; it is in no argument.
"""

from __future__ import annotations

import json
import os
from typing import Any

from difykit.core import process
from difykit.core.errors import CommandFailed, DifyKitError, MissingTool
from difykit.core.progress import Progress
from difykit.registry import is_local

PROGRAM = "syft"
_PATIENCE = 1800  # seconds; a web image takes one minute


def need_scanner() -> None:
    """Raises MissingTool when there is no program that lists what is in an image."""
    if not process.is_installed(PROGRAM):
        raise MissingTool(
            f"--sbom wants the program {PROGRAM}, which is not installed; nothing was pushed",
            hint=f"install {PROGRAM} (anchore/syft) on PATH and publish again, or publish without --sbom",
        )


def sbom(registry: str, repository: str, digest: str, progress: Progress) -> dict[str, Any]:
    """The SPDX document of an image in a registry. Raises DifyKitError when the program fails, or prints none."""
    argv = [PROGRAM, "scan", f"registry:{registry}/{repository}@{digest}", "--output", "spdx-json", "--quiet"]
    extra_environment = {"SYFT_CHECK_FOR_APP_UPDATE": "false"}
    if is_local(registry):  # as the engine has it
        extra_environment["SYFT_REGISTRY_INSECURE_USE_HTTP"] = "true"
    progress.command(argv)
    try:
        output = process.run(argv, env={**os.environ, **extra_environment}, timeout=_PATIENCE).stdout
    except CommandFailed as error:
        last = "\n".join(error.output.strip().splitlines()[-5:])
        raise DifyKitError(
            f"{PROGRAM} could not list what is in {repository}@{digest} (exit code {error.code}); its tag was not"
            f" moved:\n{last}",
            hint=f"try it: {' '.join(argv)}",
        ) from error
    document = _document(output)
    if not document:
        raise DifyKitError(
            f"{PROGRAM} printed no SPDX document for {repository}@{digest}; its tag was not moved",
            hint=f"try it: {' '.join(argv)}",
        )
    return document


def _document(output: bytes) -> dict[str, Any]:
    """An SPDX document of version 2, {} for anything else."""
    try:
        document = json.loads(output)
    except ValueError:
        return {}
    if not isinstance(document, dict) or not str(document.get("spdxVersion", "")).startswith("SPDX-2"):
        return {}
    return (
        document if document.get("SPDXID") == "SPDXRef-DOCUMENT" and isinstance(document.get("packages"), list) else {}
    )
