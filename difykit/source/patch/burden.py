"""What a series costs to carry on: how many patches, how large, how old, on which files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from difykit.source.patch.listing import stats
from difykit.source.patch.model import Patch


@dataclass(frozen=True)
class PatchWeight:
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

    patches: tuple[PatchWeight, ...]
    hot: tuple[tuple[str, int], ...]

    @property
    def added(self) -> int:
        return sum(weight.added for weight in self.patches)

    @property
    def removed(self) -> int:
        return sum(weight.removed for weight in self.patches)

    @property
    def oldest(self) -> int | None:
        return max((weight.age for weight in self.patches if weight.age is not None), default=None)

    def describe(self) -> dict[str, object]:
        """The burden as `--json` prints it."""
        return {
            "patches": [asdict(weight) for weight in self.patches],
            "count": len(self.patches),
            "added": self.added,
            "removed": self.removed,
            "oldest": self.oldest,
            "files": [{"path": path, "patches": count} for path, count in self.hot],
        }


def burden(patches: Sequence[Patch], today: datetime) -> Burden:
    """What these patches cost, on the day `today`."""
    touched = Counter(path for patch in patches for path in {change.path for change in patch.changes})
    hot = sorted(touched.items(), key=lambda item: (-item[1], item[0]))
    return Burden(tuple(_weight(patch, today) for patch in patches), tuple(hot))


def _weight(patch: Patch, today: datetime) -> PatchWeight:
    file_stats = stats(patch)
    sizes = (
        len(file_stats),
        sum(stat.added or 0 for stat in file_stats),
        sum(stat.removed or 0 for stat in file_stats),
    )
    return PatchWeight(patch.name, patch.subject, *sizes, _age(patch.date, today))


def _age(date: str, today: datetime) -> int | None:
    try:
        when = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0, (today - when).days)
