"""Bad inputs: where the release comes from."""

from __future__ import annotations

from tests.git.bad_inputs import AND_THEN, SHELL, TICKS, Bad, ref, upstream

FOUND_OUT = "set upstream.ref in difykit.yaml to an existing tag"
NO_REF = "difykit.yaml:2: upstream.ref: %r is not a tag, a branch or a full commit id"

ROWS = (
    Bad(
        "a url that runs a program",
        upstream("'ext::sh -c touch% CANARY'"),
        "difykit.yaml:3: upstream.url: 'ext::sh -c touch% CANARY' is not an https, ssh or file URL",
    ),
    Bad(
        "a url that is an option",
        upstream("'--upload-pack=touch CANARY'"),
        "difykit.yaml:3: upstream.url: '--upload-pack=touch CANARY' is not an https, ssh or file URL",
    ),
    Bad(
        "a url by http",
        upstream("http://example.com/dify.git"),
        "difykit.yaml:3: upstream.url: 'http://example.com/dify.git' is not an https, ssh or file URL",
    ),
    Bad(
        "a url by git",
        upstream("git://example.com/dify.git"),
        "difykit.yaml:3: upstream.url: 'git://example.com/dify.git' is not an https, ssh or file URL",
    ),
    Bad(
        "a url of a browser",
        upstream("'javascript:alert(1)'"),
        "difykit.yaml:3: upstream.url: 'javascript:alert(1)' is not an https, ssh or file URL",
    ),
    Bad(
        "a url with a password",
        upstream("https://me:s3cret@example.com/dify.git"),
        "difykit.yaml:3: upstream.url: holds a password; leave that, and a name before '@', to"
        " git's credential helpers; or use ssh",
    ),
    Bad(
        "a host that is an option of ssh",
        upstream("'ssh://-oProxyCommand=touch%20CANARY/x'"),
        "difykit.yaml:3: upstream.url: 'ssh://-oProxyCommand=touch%20CANARY/x' is not an https, ssh or file URL",
    ),
    Bad(
        "a short host that is an option of ssh",
        upstream("'-oProxyCommand=touch CANARY:x'"),
        "difykit.yaml:3: upstream.url: '-oProxyCommand=touch CANARY:x' is not an https, ssh or file URL",
    ),
    Bad(
        "a path as a url",
        upstream("../dify.git"),
        "difykit.yaml:3: upstream.url: '../dify.git' is not an https, ssh or file URL",
    ),
    Bad(
        "a url for a shell",
        upstream(f"'https://example.com/{SHELL}'"),
        "difykit.yaml:3: upstream.url: 'https://example.com/$(touch CANARY)' is not an https, ssh or file URL",
    ),
    Bad(
        "a url with a zero byte",
        upstream('"file:///a\\0b"'),
        "difykit.yaml:3: upstream.url: 'file:///a\\x00b' is not an https, ssh or file URL",
        fetched=False,
    ),
    Bad(
        "a repository that is not there",
        upstream("file:///nowhere/$(touch${IFS}CANARY)"),
        (
            "cannot fetch 1.0.0 from file:///nowhere/$(touch${IFS}CANARY): fatal: "
            "'/nowhere/$(touch${IFS}CANARY)' does not appear to be a git repository"
        ),
        hint="check the network and upstream.url in difykit.yaml, then run it again",
        said="step fetch Dify 1.0.0 from file:///nowhere/$(touch${IFS}CANARY)\n",
        code=1,
        fetched=False,
    ),
    Bad(
        "a folder that is no repository",
        upstream("file:///etc"),
        "cannot fetch 1.0.0 from file:///etc: fatal: '/etc' does not appear to be a git repository",
        hint="check the network and upstream.url in difykit.yaml, then run it again",
        said="step fetch Dify 1.0.0 from file:///etc\n",
        code=1,
        fetched=False,
    ),
    Bad(
        "a ref that is an option",
        ref("--upload-pack=touch CANARY"),
        "difykit.yaml:2: upstream.ref: '--upload-pack=touch CANARY' is not a tag, a branch or a full commit id",
    ),
    Bad(
        "a ref that is a short option",
        ref("-x"),
        "difykit.yaml:2: upstream.ref: '-x' is not a tag, a branch or a full commit id",
    ),
    Bad(
        "a ref that goes up",
        ref("../../HEAD"),
        "difykit.yaml:2: upstream.ref: '../../HEAD' is not a tag, a branch or a full commit id",
    ),
    Bad(
        "a ref with a space",
        ref("1.0.0 main"),
        "difykit.yaml:2: upstream.ref: '1.0.0 main' is not a tag, a branch or a full commit id",
    ),
    Bad(
        "a ref for a shell",
        ref(SHELL),
        "difykit.yaml:2: upstream.ref: '$(touch CANARY)' is not a tag, a branch or a full commit id",
    ),
    Bad(
        "a ref in backticks",
        ref(TICKS),
        "difykit.yaml:2: upstream.ref: '`touch CANARY`' is not a tag, a branch or a full commit id",
    ),
    Bad(
        "a ref and a command",
        ref(f"1.0.0{AND_THEN}"),
        "difykit.yaml:2: upstream.ref: '1.0.0; touch CANARY ;' is not a tag, a branch or a full commit id",
    ),
    Bad(
        "a ref in the past",
        ref("main@{1}"),
        "difykit.yaml:2: upstream.ref: 'main@{1}' is not a tag, a branch or a full commit id",
    ),
    Bad("a ref that is a range", ref("1.0.0..main"), NO_REF % "1.0.0..main"),
    Bad("a ref that is a folder", ref("release/"), NO_REF % "release/"),
    Bad("a ref that git keeps for itself", ref("1.0.0.lock"), NO_REF % "1.0.0.lock"),
    Bad(
        "a release that is not there",
        ref("9.9.9"),
        "file://UPSTREAM has no release 9.9.9",
        hint="set upstream.ref in difykit.yaml to an existing tag",
        said="step fetch Dify 9.9.9 from file://UPSTREAM\n",
        code=1,
    ),
    Bad(
        "a commit that is not there",
        ref("1" * 40),
        "file://UPSTREAM has no release COMMIT",
        hint=FOUND_OUT,
        said="step fetch Dify COMMIT from file://UPSTREAM\n",
        code=1,
    ),
    Bad(
        "a tag of a file",
        ref("a-file"),
        "a-file of file://UPSTREAM is not a commit",
        hint="set upstream.ref in difykit.yaml to a release",
        said="step fetch Dify a-file from file://UPSTREAM\n",
        code=1,
    ),
    Bad(
        "a tag of a folder",
        ref("a-folder"),
        "a-folder of file://UPSTREAM is not a commit",
        hint="set upstream.ref in difykit.yaml to a release",
        said="step fetch Dify a-folder from file://UPSTREAM\n",
        code=1,
    ),
)
