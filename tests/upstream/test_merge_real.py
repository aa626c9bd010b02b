"""The fork dify-plus carried to later releases of Dify: half of git's conflicts or fewer, and nothing unsafe.

The table by strategy: `DIFYKIT_UPSTREAM=… DIFYKIT_FORK=… python -m tests.upstream.test_merge_real`; `DIFYKIT_FORK`
names dify-plus' git directory. With `DIFYKIT_TYPESCRIPT`, a folder that has the npm package `typescript`, its parser
reads every TypeScript file that was merged.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit.core import yaml
from difykit.core.python_source import parse
from difykit.git import Store
from difykit.porting.strategies.pycheck import undefined
from tests.support.ports import FORK_1_12_1, PORTS, Ported, both, ported

pytestmark = pytest.mark.upstream

# Names that a file uses and nothing in it brings, and what does not parse: of each side, to compare.
_READ = """
const ts = require('typescript'), out = {}
for (const [name, text] of Object.entries(JSON.parse(require('fs').readFileSync(0)))) {
  const file = name + '.tsx', source = ts.createSourceFile(file, text, 99, true, ts.ScriptKind.TSX)
  const host = {getSourceFile: f => f === file ? source : undefined, getDefaultLibFileName: () => 'lib.d.ts',
    writeFile() {}, getCurrentDirectory: () => '', getCanonicalFileName: f => f, useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\\n', fileExists: f => f === file, readFile: () => undefined}
  const options = {noResolve: true, noLib: true, jsx: 1, target: 99, module: 99, types: []}
  const program = ts.createProgram([file], options, host)
  const bad = program.getSemanticDiagnostics(source).filter(x => [2304, 2552, 18004, 2451, 2300, 2440].includes(x.code))
  out[name] = [program.getSyntacticDiagnostics(source).length, bad.map(x => text.substr(x.start, x.length))]
}
console.log(JSON.stringify(out))
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with both(tmp_path_factory.mktemp("ports")) as made:
        yield made


@pytest.fixture(scope="module", params=PORTS)
def port(request: pytest.FixtureRequest, store: Store) -> Ported:
    return ported(store, PORTS[request.param])


def texts(store: Store, made: Ported, ends: tuple[str, ...]) -> Iterator[tuple[str, str, str, str]]:
    """Each merged file of these kinds as (path, merged, ours, theirs)."""
    trees = [store.tree(each) for each in (made.outcome.tree, made.to, made.port.fork)]
    for solved in made.outcome.solved:
        blobs = [tree.read(solved.path) for tree in trees]
        if solved.path.endswith(ends) and blobs[0]:
            merged, ours, theirs = (blob[1].decode() if blob else "" for blob in blobs)
            yield solved.path, merged, ours, theirs


def test_half_of_gits_conflicts_or_fewer_are_left(port: Ported) -> None:
    left, solved = len(port.outcome.conflicts), len(port.outcome.solved)
    assert left + solved == port.port.by_git
    assert left <= port.port.by_git // 2


def test_every_merged_file_of_python_parses_and_finds_its_names(store: Store, port: Ported) -> None:
    files = list(texts(store, port, (".py",)))
    assert files
    for path, merged, ours, theirs in files:
        parse(merged)
        assert not undefined(merged) - undefined(ours) - undefined(theirs), path


def test_every_merged_file_of_keys_loads(store: Store, port: Ported) -> None:
    for path, merged, _, _ in texts(store, port, (".json", ".toml", ".yaml")):
        if path.endswith(".json"):
            json.loads(merged)
        elif path.endswith(".toml"):
            tomllib.loads(merged)
        else:
            yaml.load(path, merged)


def test_no_merged_file_has_markers(store: Store, port: Ported) -> None:
    for path, merged, ours, theirs in texts(store, port, ("",)):
        for mark in ("\n<<<<<<< ", "\n>>>>>>> "):
            assert mark not in merged or mark in ours or mark in theirs, path


def test_typescript_reads_every_merged_file(store: Store, port: Ported) -> None:
    place = os.environ.get("DIFYKIT_TYPESCRIPT")
    if not place:
        pytest.skip("DIFYKIT_TYPESCRIPT names no folder with the npm package typescript")
    files = list(texts(store, port, (".ts", ".tsx")))
    assert files
    asked = {f"{at}/{side}": row[side] for at, row in enumerate(files) for side in (1, 2, 3)}
    env = {**os.environ, "NODE_PATH": str(Path(place, "node_modules"))}
    done = subprocess.run(
        ["node", "-e", _READ], input=json.dumps(asked).encode(), env=env, capture_output=True, check=True
    )
    said = json.loads(done.stdout)
    for at, row in enumerate(files):
        (broken, missing), (_, ours), (_, theirs) = (said[f"{at}/{side}"] for side in (1, 2, 3))
        assert broken == 0, row[0]
        assert set(missing) <= {*ours, *theirs}, row[0]


def agreement(store: Store, made: Ported) -> Iterator[tuple[str, int, int]]:
    """Of each merged file's lines that are not upstream's: how many the fork's own next release has as well."""
    own = store.tree(FORK_1_12_1)
    for path, merged, ours, _ in texts(store, made, ("",)):
        theirs = own.read(path)
        lines = _lines(merged) - _lines(ours)
        yield path, lines.total(), (lines & _lines(theirs[1].decode())).total() if theirs else 0


def _lines(text: str) -> Counter[str]:
    """A text's lines as what they say, without comments, quotes and blanks, which the fork has been tidied in."""
    rows = (
        "".join(line.split("#")[0].split("//")[0].split()).replace('"', "'").rstrip(",;") for line in text.split("\n")
    )
    return Counter(row for row in rows if len(row) > 1)


def table(store: Store) -> Iterator[str]:
    """A line for each strategy with its files by port, then what is left, then the agreement with the fork."""
    made = {name: ported(store, port) for name, port in PORTS.items()}
    ways = {name: Counter(each.strategy for each in port.outcome.solved) for name, port in made.items()}
    yield " | ".join(["strategy", *made])
    for strategy in sorted({each for way in ways.values() for each in way}):
        yield " | ".join([strategy, *(str(way[strategy] or "") for way in ways.values())])
    yield " | ".join(["**git alone leaves**", *(str(port.port.by_git) for port in made.values())])
    yield " | ".join(["**left**", *(str(len(port.outcome.conflicts)) for port in made.values())])
    rows = list(agreement(store, made["1.8.1 to 1.12.1"]))
    total, same = sum(row[1] for row in rows), sum(row[2] for row in rows)
    yield f"1.8.1 to 1.12.1: {same} of {total} lines of the customised side are in the fork's own 1.12.1; others:"
    yield from (f"  {path}: {same} of {total}" for path, total, same in rows if same < total)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, both(Path(folder)) as store:
        for line in table(store):
            sys.stdout.write(line + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
