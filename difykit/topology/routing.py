"""All links to one target as one net: a trunk in a channel between two columns, and a branch for each source.

Boxes stand in columns, and no trunk leaves the channels; where a source is not beside the trunk's channel its branch
goes round below everything. So no line can cross a box.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from difykit.topology.model import TRAFFIC, ServiceLink

LEFT, RIGHT = "left", "right"


@dataclass(frozen=True)
class Net:
    """The links of one kind to `target`; its trunk is in the channel right of column `channel`."""

    target: str
    kind: str
    sources: tuple[str, ...]
    channel: int
    why: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        return self.target, self.kind


@dataclass(frozen=True)
class Branch:
    """Where a net touches a box: in which channel, on which side of the box."""

    net: Net
    box: str
    channel: int
    side: str


def nets_of(links: Sequence[ServiceLink], column: Mapping[str, int]) -> tuple[Net, ...]:
    """The nets of these links between boxes whose columns are given, in the order of their targets."""
    by_key: dict[tuple[str, str], list[ServiceLink]] = {}
    for link in links:
        by_key.setdefault((link.target, link.kind), []).append(link)
    order = {name: number for number, name in enumerate(column)}
    nets = []
    for (target, kind), group in sorted(by_key.items(), key=lambda item: (order[item[0][0]], item[0][1])):
        sources = tuple(sorted((link.source for link in group), key=order.__getitem__))
        why = tuple(sorted({why for link in group for why in link.why}))
        nets.append(Net(target, kind, sources, _channel(column[target], [column[name] for name in sources]), why))
    return tuple(nets)


def _channel(target: int, sources: Sequence[int]) -> int:
    before = sum(source < target for source in sources)
    after = sum(source > target for source in sources)
    if before == after == 0:
        return target
    return target - 1 if before >= after else target


def branches_of(net: Net, column: Mapping[str, int]) -> tuple[Branch, ...]:
    """The target's branch, then those of the sources."""
    branches = [Branch(net, net.target, net.channel, LEFT if net.channel < column[net.target] else RIGHT)]
    for name in net.sources:
        own_column = column[name]
        channel = (
            net.channel
            if net.channel in {own_column - 1, own_column}
            else own_column
            if net.channel > own_column
            else own_column - 1
        )
        branches.append(Branch(net, name, channel, RIGHT if channel == own_column else LEFT))
    return tuple(branches)


@dataclass(frozen=True)
class ChannelRun:
    """The part of a net in one channel: its vertical line, and where branches come in from either side."""

    net: Net
    channel: int
    from_left: tuple[int, ...]
    right: tuple[int, ...]
    lane: int | None
    """The height at which it goes on to or comes from another channel, below everything."""

    @property
    def ends(self) -> tuple[int, int]:
        all_of_it = [*self.from_left, *self.right, *([] if self.lane is None else [self.lane])]
        return min(all_of_it), max(all_of_it)


def ordered(runs: Sequence[ChannelRun]) -> list[ChannelRun]:
    """The runs of a channel from left to right, with few crossings: neighbours change places while that helps."""
    runs_in_order = sorted(runs, key=lambda run: (run.net.kind != TRAFFIC, run.ends, run.net.key))
    for _ in range(len(runs_in_order) ** 2):
        better = False
        for index in range(len(runs_in_order) - 1):
            first, second = runs_in_order[index], runs_in_order[index + 1]
            if _crossings(second, first) < _crossings(first, second):
                runs_in_order[index], runs_in_order[index + 1] = second, first
                better = True
        if not better:
            break
    return runs_in_order


def _crossings(first: ChannelRun, second: ChannelRun) -> int:
    """How often the lines of two runs cross where `first` is left of `second`."""
    (low, high), (second_low, second_high) = first.ends, second.ends
    return sum(low <= y <= high for y in second.from_left) + sum(second_low <= y <= second_high for y in first.right)
