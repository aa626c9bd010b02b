"""What a series costs to carry on: how many patches, how large, how old, on which files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from difykit.patch.listing import stats
from difykit.patch.model import Patch


@dataclass(frozen=True)
class Weight:
    """One patch: its size, and its age in days; None where it has no date."""

    name: str
    subject: str
    files: int
    added: int
    removed: int
    age: int | None


@dataclass(frozen=True)
class Burden:
    """The whole series: its patches, and the files that most of them change, with how many do."""

    patches: tuple[Weight, ...]
    hot: tuple[tuple[str, int], ...]

    @property
    def added(self) -> int:
        return sum(each.added for each in self.patches)

    @property
    def removed(self) -> int:
        return sum(each.removed for each in self.patches)

    @property
    def oldest(self) -> int | None:
        return max((each.age for each in self.patches if each.age is not None), default=None)

    def describe(self) -> dict[str, object]:
        """The burden as `--json` prints it."""
        return {
            "patches": [asdict(each) for each in self.patches],
            "count": len(self.patches),
            "added": self.added,
            "removed": self.removed,
            "oldest": self.oldest,
            "files": [{"path": path, "patches": count} for path, count in self.hot],
        }


def burden(patches: Sequence[Patch], now: datetime) -> Burden:
    """What these patches cost, on the day `now`."""
    touched = Counter(path for patch in patches for path in {change.path for change in patch.changes})
    hot = sorted(touched.items(), key=lambda each: (-each[1], each[0]))
    return Burden(tuple(_weight(patch, now) for patch in patches), tuple(hot))


def _weight(patch: Patch, now: datetime) -> Weight:
    found = stats(patch)
    sizes = (len(found), sum(each.added or 0 for each in found), sum(each.removed or 0 for each in found))
    return Weight(patch.name, patch.subject, *sizes, _age(patch.date, now))


def _age(date: str, now: datetime) -> int | None:
    try:
        when = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0, (now - when).days)
