"""The statements that difykit puts into upstream's `init_app`, and the package they call."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from difykit.core.errors import DifyKitError
from difykit.source.wiring import PACKAGE, Endpoints, wire_api
from difykit.source.wiring.api import package_source
from tests.support.repos import BLUEPRINTS
from tests.support.trees import write_tree

CALLS = f"    import {PACKAGE}  # added by difykit\n\n    {PACKAGE}.before_blueprints()\n\n"


def trace(source: str) -> list[str]:
    """Run a wired `init_app` and give what it did, in order."""
    said: list[str] = []
    package = ModuleType(PACKAGE)
    vars(package)["before_blueprints"] = lambda: said.append("before")
    vars(package)["after_blueprints"] = lambda app: said.append(f"after {app}")
    sys.modules[PACKAGE] = package
    try:
        names: dict[str, Any] = {"say": said.append}
        exec(compile(source, "ext_blueprints.py", "exec"), names)
        names["init_app"]("app")
    finally:
        del sys.modules[PACKAGE]
    return said


def refusal(source: str) -> str:
    with pytest.raises(DifyKitError) as caught:
        wire_api(source)
    return caught.value.message.removeprefix("api/extensions/ext_blueprints.py").removeprefix(" of this release ")


def test_the_calls_stand_at_the_start_and_the_end() -> None:
    assert wire_api("def init_app(app):\n    say('x')\n") == (
        f"def init_app(app):\n{CALLS}    say('x')\n\n    {PACKAGE}.after_blueprints(app)\n"
    )


def test_difys_own_shape_is_wired() -> None:
    wired = wire_api(BLUEPRINTS)
    compile(wired, "x", "exec")
    assert (
        wired.index("before_blueprints")
        < wired.index("from controllers.console")
        < wired.index("after_blueprints(app)")
    )


def test_a_docstring_stays_the_first_statement() -> None:
    wired = wire_api('def init_app(app):\n    """One.\n\n    Two.\n    """\n    say("x")\n')
    names: dict[str, Any] = {}
    exec(wired, names)
    assert names["init_app"].__doc__.startswith("One.")


def test_the_parameter_is_called_as_upstream_calls_it() -> None:
    assert "after_blueprints(dify)" in wire_api("def init_app(dify):\n    say('x')\n")


@pytest.mark.parametrize(
    "body",
    [
        "    say('x')",
        "    say('x')  # no end of line",
        "    '''Doc.'''\n    say('x')\n",
        "    '''Doc.'''  # why\n\n    # more\n    say('x')\n",
        "    if app:\n        say('x')\n    else:\n        pass\n",
        "    with open('/dev/null'):\n        say('x')\n",
        "    say(\n        'x'\n    )\n",
        "    say('''x''' if app else '''\n    ''')\n",
        "    say('x'); pass\n",
        "    say('x')\n    # a comment after it\n\n\nOTHER = 1\n",
        "    say('x')\n    def inner():\n        return 1\n    inner()\n",
        "    @lambda f: f()\n    def inner():\n        say('x')\n",
        "\tsay('x')\n",
        "  say('x')\n",
        "    say('x')\r\n",
        "    say('x')\n\x0c\n",
    ],
)
def test_what_init_app_did_it_does_between_the_calls(body: str) -> None:
    assert trace(wire_api(f"def init_app(app):\n{body}")) == ["before", "x", "after app"]


def test_a_head_over_several_lines_is_wired() -> None:
    assert trace(wire_api("def init_app(\n    app,\n):\n    say('x')\n")) == ["before", "x", "after app"]


def test_a_docstring_alone_is_wired() -> None:
    assert trace(wire_api("def init_app(app):\n    '''Doc.'''\n")) == ["before", "after app"]


def test_a_function_on_one_line_is_refused() -> None:
    assert refusal("def init_app(app): pass\n") == "has its init_app on one line"


def test_a_body_on_the_last_line_of_the_head_is_refused() -> None:
    assert refusal("def init_app(\n    app,\n): pass\n") == "has its init_app on one line"


def test_an_early_return_is_refused() -> None:
    assert refusal("def init_app(app):\n    if app:\n        return\n    app.x()\n").startswith(
        "has an init_app that can return early"
    )


def test_a_syntax_error_is_told_with_its_line() -> None:
    assert refusal("def init_app(app):\n    x =\n") == ":2 of this release is not Python: invalid syntax"


def test_a_null_byte_is_told_as_no_python() -> None:
    assert "is not Python: " in refusal("def init_app(app):\n    x\0\n")
    assert refusal("x = " + "-" * 100_000 + "1\n") == "is not Python: nested too deeply"


@pytest.mark.parametrize("source", ["", "init_app = print\n", "class A:\n    def init_app(self, app):\n        pass\n"])
def test_a_file_without_init_app_is_refused(source: str) -> None:
    assert refusal(source) == "has 0 functions init_app, not one"


def test_two_of_them_are_refused() -> None:
    assert refusal("def init_app(app):\n    x\ndef init_app(app):\n    y\n") == "has 2 functions init_app, not one"


def test_an_init_app_without_a_parameter_is_refused() -> None:
    assert refusal("def init_app():\n    pass\n") == "has an init_app without a parameter for the app"


class App:
    """What the generated package is given: it notes the blueprints."""

    def __init__(self) -> None:
        self.registered: list[object] = []

    def register_blueprint(self, blueprint: object) -> None:
        if blueprint == "bad":
            raise ValueError("name taken")
        self.registered.append(blueprint)


def load_package(folder: Path, monkeypatch: pytest.MonkeyPatch, *endpoints: Endpoints) -> Any:
    monkeypatch.syspath_prepend(folder)
    package = ModuleType(PACKAGE)
    exec(package_source(endpoints), vars(package))
    return package


def test_the_package_imports_console_modules_before_and_registers_blueprints_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path, {"wired_console.py": "", "wired_hello.py": "bp = 'good'\n"})
    package = load_package(tmp_path, monkeypatch, Endpoints("hi", ("wired_console",), ("wired_hello:bp",)))
    app = App()
    package.before_blueprints()
    assert "wired_console" in sys.modules
    assert "wired_hello" not in sys.modules
    package.after_blueprints(app)
    assert app.registered == ["good"]


def test_an_import_error_names_the_overlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, {"wired_broken.py": "import no_such_thing\n"})
    package = load_package(tmp_path, monkeypatch, Endpoints("hi", ("wired_broken",)))
    with pytest.raises(RuntimeError, match="overlay hi: cannot import wired_broken: ModuleNotFoundError"):
        package.before_blueprints()


def test_a_blueprint_that_is_not_there_names_the_overlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, {"wired_empty.py": ""})
    package = load_package(tmp_path, monkeypatch, Endpoints("hi", (), ("wired_empty:bp",)))
    with pytest.raises(RuntimeError, match="overlay hi: wired_empty has no bp"):
        package.after_blueprints(App())


def test_a_blueprint_that_cannot_be_registered_names_the_overlay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path, {"wired_bad.py": "bp = 'bad'\n"})
    package = load_package(tmp_path, monkeypatch, Endpoints("hi", (), ("wired_bad:bp",)))
    with pytest.raises(RuntimeError, match="overlay hi: cannot register wired_bad:bp: name taken"):
        package.after_blueprints(App())


def test_a_package_of_nothing_does_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = load_package(tmp_path, monkeypatch)
    package.before_blueprints()
    package.after_blueprints(App())
