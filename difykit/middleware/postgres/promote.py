"""`postgres.promote`: the standby becomes the server that takes writes, and Dify uses it.

What is wanted stands in the workspace's `.env` before anything is promoted, and the servers follow it: a promotion that
is cut off at any moment is finished by the next one, or by a deploy. There are never two that take writes: the old
primary's container is stopped first, and starts again as a standby.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from difykit import docker, targets
from difykit.checks.settings import set_value
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.middleware.postgres.servers import KEY, Servers, look
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class PromotionPlan:
    """What a promotion will do, and what it costs."""

    promote: str
    stop: str
    switch: bool
    """Whether the old primary still answers, so that it ends cleanly and nothing is lost."""
    loses: str

    def describe(self) -> dict[str, object]:
        return asdict(self)


def plan(servers: Servers, *, switch: bool) -> PromotionPlan:
    """The promotion of these servers' standby; pure.

    Raises DifyKitError when the standby is none, or when the primary still answers and `switch` is not set.
    """
    promoted = servers.deployed_primary == servers.standby
    if not servers.follows and not promoted:
        raise DifyKitError(
            f"{servers.standby} is no standby that could be promoted: it does not run, or has no whole copy",
            hint=f"difykit logs --service {servers.standby}",
        )
    if servers.answers and not switch and not promoted:
        raise DifyKitError(
            f"{servers.primary} still answers, and two servers that take writes would part for good",
            hint=f"to change over cleanly: difykit postgres.promote --switch (stops {servers.primary} first)",
        )
    loses = "nothing: the standby has all of the log before it is promoted"
    if not servers.answers:
        when = f"; its last transaction is of {servers.last}" if servers.last else ""
        loses = f"what {servers.primary} acknowledged in the moment before it was lost and had not sent yet{when}"
    return PromotionPlan(servers.standby, servers.primary, servers.answers, loses)


def promote(workspace: Workspace, progress: Progress, *, switch: bool = False) -> PromotionPlan:
    """Stop the old primary, set the new one, and deploy, which promotes it and points Dify to it.

    Raises what `look`, `plan` and `deploy` raise; the old primary's data is kept.
    """
    servers = look(workspace)
    promotion = plan(servers, switch=switch)
    if promotion.stop in servers.containers:
        with progress.step(f"stop {promotion.stop}"):
            docker.stop_container(servers.containers[promotion.stop])
    set_value(workspace, KEY, promotion.promote)
    progress.ok(f".env: {KEY}={promotion.promote}")
    targets.deploy(workspace, progress)
    after = look(workspace)
    if after.primary != promotion.promote or not after.answers:
        raise DifyKitError(
            f"{promotion.promote} does not take writes yet",
            hint=f"difykit logs --service {promotion.promote}; then difykit postgres.promote again",
        )
    progress.ok(f"{promotion.promote} takes writes; {promotion.stop} copies it and follows")
    return promotion
