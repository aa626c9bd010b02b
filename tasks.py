"""The commands of this workspace: `invoke --list` shows them, `invoke --help TASK` explains one."""

from difykit.commands import namespace  # noqa: F401 - Invoke looks for this name
