"""What is wrong with the enabled overlays: collected by one step after the other, each thing once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from difykit.core.errors import ConfigError, DifyKitError, Problem


@dataclass
class OverlayReport:
    """What is wrong, what may be meant, and what was not judged, as lines of text in the order of the steps."""

    problems: dict[str, None] = field(default_factory=dict)
    warnings: dict[str, None] = field(default_factory=dict)
    not_judged: dict[str, None] = field(default_factory=dict)
    hints: dict[str, None] = field(default_factory=dict)

    @property
    def lines(self) -> list[str]:
        """The problems line by line."""
        return [line for problem in self.problems for line in problem.splitlines()]

    def refuse(self, problems: Iterable[Problem | str]) -> None:
        """Note what a verb would refuse."""
        self.problems |= dict.fromkeys(map(str, problems))

    def warn(self, warnings: Iterable[Problem | str]) -> None:
        self.warnings |= dict.fromkeys(map(str, warnings))

    def leave_out(self, reason: str) -> None:
        """Note what could not be judged, and why."""
        self.not_judged[reason] = None

    def refusal(self, error: DifyKitError, verb: str) -> None:
        """Note what a verb raised: the problems of overlays' files; of anything else, that it stopped the judging."""
        problems = error.problems if isinstance(error, ConfigError) else ()
        own = [problem for problem in problems if problem.file.startswith("overlays/")]
        self.refuse(own)
        if own and error.hint:
            self.hints[error.hint] = None
        if not own:
            self.leave_out(f"what `difykit {verb}` would refuse: {next(_lines(error))}")


def _lines(error: DifyKitError) -> Iterator[str]:
    yield from error.message.splitlines() or [""]
