"""`doctor`."""

from __future__ import annotations

from pathlib import Path

from invoke.context import Context

from difykit.cli.findings import print_report
from difykit.cli.task import command, find_workspace


@command(
    json="print the findings as one line of JSON",
    stack="look at what is deployed and runs instead: services, data stores, isolation of the sandbox, ports",
)
def doctor(_: Context, json: bool = False, stack: bool = False) -> None:
    """Say what is wrong: here, or with what runs."""
    from difykit.checks import DOCTOR, STACK

    if stack:
        from difykit.checks.deployment import check_deployment

        print_report(check_deployment(find_workspace()), STACK, json=json)
    else:
        from difykit.checks import check_machine_and_workspace
        from difykit.checks.settings import judge

        print_report(check_machine_and_workspace(Path.cwd(), judge), DOCTOR, json=json)
