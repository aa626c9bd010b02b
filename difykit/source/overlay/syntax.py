"""Whether the code that overlays bring is code: of the release's own Python, and TypeScript as the grammar has it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from packaging.version import Version

from difykit.core import files, newer_python, python_source, tsx_source
from difykit.core.errors import Problem
from difykit.core.newer_python import PythonVersion, shown
from difykit.core.syntax_tree import grammar_of
from difykit.dify import layout, pages
from difykit.dify.python_version import ReleasePython, release_python
from difykit.git import Blob, Tree
from difykit.source.overlay.changes import trees_for
from difykit.workspace.manifest import Edit
from difykit.workspace.workspace import Overlay

# Tests are not in any image, and what is minified nobody writes.
_ASIDE = re.compile(r"(?:^|/)(?:tests?|__tests__|__mocks__)/|\.(?:spec|test|min)\.\w+$|^web/public/")
_JAVASCRIPT = re.compile(r".*\.(?:[mc]?js|jsx)")
_JSON = re.compile(rf"{layout.I18N}/.*\.json|{layout.WEB_PACKAGE}")
_ANY: PythonVersion = (99, 0)


@dataclass(frozen=True)
class CodeFile:
    """A file of code that an overlay brings or edits: its path in the tree, and how messages call it."""

    path: str
    label: str
    edit: tuple[Overlay, int] | None = None
    """The edit that changes it, where it is Dify's own."""

    def problem(self, line: int, text: str) -> Problem:
        if self.edit:
            overlay, index = self.edit
            where = f"line {line} of {self.path}" if line else self.path
            return overlay.problem(("edits", index), f"edits.{index}: then {where} {text}")
        return Problem(self.label, line, text)


@dataclass
class SyntaxFindings:
    """What is no code, what may not be everywhere, and which files were not judged."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    not_judged: list[str] = field(default_factory=list)


def syntax_findings(overlays: Sequence[Overlay], tree: Tree, base: Tree, release: Version) -> SyntaxFindings:
    """Look at all code that the overlays bring to the source in `tree`, or change in it; `base` is the release."""
    findings = SyntaxFindings()
    python = release_python(_text(tree.read(layout.API_PROJECT)), _text(tree.read(layout.API_DOCKERFILE)))
    code = {file.path: file for overlay in overlays for file in _code_files(overlay, tree, base, release)}
    for file in code.values():
        blob = tree.read(file.path)
        if blob is None or blob[0] == "120000" or _ASIDE.search(file.path):
            continue
        if file.path.startswith(f"{layout.API}/") and file.path.endswith(".py"):
            _judge_python(file, blob[1], python, findings)
        elif file.path.startswith(f"{layout.WEB}/"):
            original = _text(base.read(file.path))
            _judge_web(file, _text(blob), original, tree, findings)
            findings.problems += _missing(file, _text(blob), original, tree)
    return findings


def _code_files(overlay: Overlay, tree: Tree, base: Tree, release: Version) -> Iterator[CodeFile]:
    """The overlay's whole files, then Dify's own that its edits name."""
    laid = {
        path: f"overlays/{overlay.name}/{entry.source}/{path}"
        for entry, folder in trees_for(overlay, tree, release)
        for path, _ in files.tree_files(folder)
    }
    yield from (CodeFile(path, label) for path, label in laid.items())
    for index, item in enumerate(overlay.manifest.edits):
        for edit in (item,) if isinstance(item, Edit) else item.one_of:
            if edit.file and edit.file not in laid and base.has_file(edit.file):
                yield CodeFile(edit.file, edit.file, (overlay, index))


def _judge_python(file: CodeFile, content: bytes, python: ReleasePython, findings: SyntaxFindings) -> None:
    runs = python.runs
    try:
        text = python_source.decoded(content)
    except python_source.NotPython as error:
        findings.problems.append(file.problem(error.line, f"is no Python: {error.reason}"))
        return
    fault = newer_python.fault_in(text, runs or _ANY)
    own = f" (Dify's api runs in Python {shown(runs)})" if runs else ""
    if fault:
        findings.problems.append(file.problem(fault[0], f"is no Python: {fault[1]}{own}"))
    elif runs and python.oldest and python.oldest < runs and (fault := newer_python.fault_in(text, python.oldest)):
        oldest = f"{fault[1]}; Dify's own image has {shown(runs)}, but its api may run in {shown(python.oldest)} too"
        findings.warnings.append(file.problem(fault[0], f"{oldest} (requires-python: {python.requires})"))


def _judge_web(file: CodeFile, text: str, original: str, tree: Tree, findings: SyntaxFindings) -> None:
    if _JSON.fullmatch(file.path):
        if fault := _json_fault(text):
            findings.problems.append(file.problem(*fault))
        return
    grammar = grammar_of(file.path)
    if grammar is None or grammar == "python":
        return
    if original and tsx_source.fault_in(original, grammar):
        findings.not_judged.append(f"{file.label}: the grammar cannot read Dify's own {file.path}")
    elif fault := tsx_source.fault_in(text, grammar):
        findings.problems.append(file.problem(*fault))
    elif _JAVASCRIPT.fullmatch(file.path) and (line := tsx_source.types_in(text)):
        findings.problems.append(file.problem(line, "has types, which a file of JavaScript cannot have"))
    elif _lacks_default(file.path, text, tree):
        findings.problems.append(file.problem(0, "has no `export default`, which makes a page of a component"))


def _lacks_default(path: str, text: str, tree: Tree) -> bool:
    inside = tree.under(path.rpartition("/")[0])
    return pages.needs_default(path, inside) and not tsx_source.exports_default(text)


def _missing(file: CodeFile, text: str, original: str, tree: Tree) -> Iterator[Problem]:
    """What a file of web imports by its path that is not there; what the release's own one lacks is Dify's affair."""
    grammar = grammar_of(file.path)
    if grammar in {None, "python"} or tsx_source.fault_in(text, grammar or "tsx"):
        return
    own = {name for _, name in tsx_source.imported(original)}
    for line, name in tsx_source.imported(text):
        paths = pages.imported_paths(file.path, name)
        if paths and name not in own and not any(map(tree.has_file, paths)):
            yield file.problem(line, f"imports {name}, which is not in this source")


def _json_fault(text: str) -> tuple[int, str] | None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.lineno, f"is not JSON: {error.msg}"
    except (ValueError, RecursionError) as error:
        return 0, f"is not JSON: {error}"
    return None


def _text(blob: Blob | None) -> str:
    return files.as_text(blob[1]) if blob else ""
