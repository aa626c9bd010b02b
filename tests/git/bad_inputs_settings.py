"""Bad inputs: difykit.yaml."""

from __future__ import annotations

from tests.git.bad_inputs import SHELL, Bad, files, settings

PIN = "upstream: {ref: 1.0.0}\n"
TENFOLD = "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdef", "bcdefg", strict=True)
)
ENABLED = "version: 1\nupstream: {ref: 1.0.0}\noverlays: [%s]\n"

ROWS = (
    Bad("settings that are empty", settings(""), "difykit.yaml:1: must be a mapping that starts with `version: 1`"),
    Bad(
        "settings that are a list",
        settings("- version: 1\n"),
        "difykit.yaml:1: must be a mapping that starts with `version: 1`",
    ),
    Bad(
        "settings without version", settings(PIN), "difykit.yaml:1: version: is missing; the first line is `version: 1`"
    ),
    Bad(
        "settings of version 2",
        settings(PIN + "version: 2\n"),
        "difykit.yaml:2: version: this difykit reads version 1, not 2; upgrade difykit if the file is newer",
    ),
    Bad(
        "settings of version true",
        settings("version: true\n" + PIN),
        "difykit.yaml:1: version: this difykit reads version 1, not True; upgrade difykit if the file is newer",
    ),
    Bad(
        "settings of version '1'",
        settings("version: '1'\n" + PIN),
        "difykit.yaml:1: version: this difykit reads version 1, not '1'; upgrade difykit if the file is newer",
    ),
    Bad("settings without a pin", settings("version: 1\n"), "difykit.yaml:1: upstream: is missing"),
    Bad(
        "an unknown key near to one",
        settings(f"version: 1\n{PIN}overlay: [a]\n"),
        "difykit.yaml:3: overlay: unknown key; did you mean overlays?",
    ),
    Bad(
        "an unknown key near to none",
        settings(f"version: 1\n{PIN}{SHELL!r}: 1\n"),
        "difykit.yaml:3: $(touch CANARY): unknown key",
    ),
    Bad(
        "an unknown key that colours the screen",
        settings(f'version: 1\n{PIN}"\\x1b[31m": 1\n'),
        "difykit.yaml:3: \\x1b[31m: unknown key",
    ),
    Bad(
        "a text where a mapping belongs",
        settings("version: 1\nupstream: 1.0.0\n"),
        "difykit.yaml:2: upstream: must be a mapping of keys and values",
    ),
    Bad(
        "a number where a text belongs",
        settings("version: 1\nupstream: {ref: 1.15}\n"),
        "difykit.yaml:2: upstream.ref: must be a string; put it in quotes",
    ),
    Bad(
        "a text where a list belongs",
        settings(f"version: 1\n{PIN}overlays: hello\n"),
        "difykit.yaml:3: overlays: must be a list",
    ),
    Bad(
        "nothing where a list belongs",
        settings(f"version: 1\n{PIN}overlays:\n"),
        "difykit.yaml:3: overlays: must be a list (nothing is given)",
    ),
    Bad(
        "a list as a key", settings(f"version: 1\n{PIN}env: {{[a]: x}}\n"), "difykit.yaml:3: a key must be a plain word"
    ),
    Bad(
        "three problems at once",
        settings("version: 1\nupstrem: x\noverlays: 1\n"),
        (
            "difykit.yaml:1: upstream: is missing\n"
            "difykit.yaml:2: upstrem: unknown key; did you mean upstream?\n"
            "difykit.yaml:3: overlays: must be a list"
        ),
    ),
    Bad(
        "a key that is given twice",
        settings(f"version: 1\n{PIN}{PIN}"),
        "difykit.yaml:3: upstream: this key is given twice",
    ),
    Bad(
        "an overlay that is enabled twice", settings(ENABLED % "a, b, a"), "difykit.yaml:3: overlays: a is given twice"
    ),
    Bad(
        "a tab as indentation",
        settings("version: 1\nupstream:\n\tref: 1.0.0\n"),
        "difykit.yaml:3: is not YAML: found character '\\t' that cannot start any token",
    ),
    Bad(
        "a bracket left open",
        settings(f"version: 1\n{PIN}overlays: [a, b\nenv: {{}}\n"),
        "difykit.yaml:4: is not YAML: expected ',' or ']', but got ':'",
    ),
    Bad(
        "an alias bomb",
        settings(f"version: 1\na: &a [{'x, ' * 10}]\n{TENFOLD}"),
        "difykit.yaml:6: too many nodes: its aliases multiply",
    ),
    Bad(
        "an alias of itself",
        settings("version: 1\nenv: &a [*a]\n"),
        "difykit.yaml:2: nested too deeply",
    ),
    Bad(
        "an alias of nothing",
        settings(f"version: 1\n{PIN}overlays: *mine\n"),
        "difykit.yaml:3: is not YAML: found undefined alias 'mine'",
    ),
    Bad("brackets without end", settings(f"version: 1\nenv: {'[' * 5000}\n"), "difykit.yaml:2: nested too deeply"),
    Bad(
        "a tag that runs a program",
        settings(f"version: 1\n{PIN}env: !!python/object/apply:os.system ['touch CANARY']\n"),
        (
            "difykit.yaml:3: is not YAML: could not determine a constructor for the tag "
            "'tag:yaml.org,2002:python/object/apply:os.system'"
        ),
    ),
    Bad(
        "a tag that does not fit",
        settings("version: 1\nupstream: !!bool x\n"),
        "difykit.yaml:1: is not YAML: a tag does not fit its value ('x')",
    ),
    Bad(
        "settings in Latin-1",
        settings(f"version: 1\n{PIN}# caf\xe9\n".encode("latin-1")),
        "difykit.yaml:3: is not UTF-8 text (byte 39)",
    ),
    Bad(
        "settings in UTF-16",
        settings(f"version: 1\n{PIN}".encode("utf-16-le")),
        "difykit.yaml:1: is not YAML: the character 0x0 may not stand there",
    ),
    Bad(
        "a control character",
        settings(f"version: 1\n{PIN}env: {{A: \x1b[31m}}\n"),
        "difykit.yaml:3: is not YAML: the character 0x1b may not stand there",
    ),
    Bad(
        "half a character",
        settings(f'version: 1\n{PIN}"\\ud800": 1\n'),
        "difykit.yaml:3: is not YAML: the character 0xd800 may not stand there",
    ),
    Bad(
        "a second document",
        settings(f"version: 1\n{PIN}---\nversion: 1\n"),
        "difykit.yaml:3: is not YAML: expected a single document in the stream but found another document",
    ),
    Bad(
        "a folder for settings",
        files({"difykit.yaml": None, "difykit.yaml/x": ""}),
        "difykit.yaml: cannot be read: it is a folder, and no file",
        hint="put a file in its place",
    ),
    Bad(
        "a prefix that is a command",
        settings(f"version: 1\n{PIN}images: {{prefix: {SHELL}/}}\n"),
        "difykit.yaml:3: images.prefix: '$(touch CANARY)/' is not empty, or a registry path that ends in '/'",
    ),
    Bad(
        "a project that is a command",
        settings(f"version: 1\n{PIN}deploy: {{target: swarm, project: {SHELL}, data: 'a:b'}}\n"),
        (
            "difykit.yaml:3: deploy.target: input should be 'compose' or 'process'\n"
            "difykit.yaml:3: deploy.project: '$(touch CANARY)' is not a Compose project name\n"
            "difykit.yaml:3: deploy.data: 'a:b' is not a folder name without ':' and '$'"
        ),
    ),
)
