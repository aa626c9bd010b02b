"""Coverage: how many of the values that running services get are judged, and why the others are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from difykit.checks.settings.configured import Look
from difykit.checks.settings.host_uses import UsedHost, host_uses, may_name_host, unchosen
from difykit.checks.settings.stack import RenderedStack, StackService, is_api
from difykit.checks.settings.values import kind_of

_TEXT = "any text is taken"
_OTHERS = "read by programs other than api"
_UNREAD = "not read by name in api's code"
_CHOICES = 6


@dataclass(frozen=True)
class Coverage:
    """The settings of a stack whose values are judged, and those that are not, each with the reason."""

    judged: frozenset[str]
    not_judged: Mapping[str, str]

    def __str__(self) -> str:
        reasons = Counter(self.not_judged.values())
        chosen = Counter[str]()
        others = Counter[str]()
        for reason, count in reasons.items():
            (chosen if reason.startswith("not chosen by ") else others)[reason.removeprefix("not chosen by ")] += count
        parts = [f"{reason}: {count}" for reason, count in others.most_common()]
        if chosen:
            most = chosen.most_common(_CHOICES)
            words = [f"{names}: {count}" for names, count in most]
            if rest := sum(chosen.values()) - sum(count for _, count in most):
                words.append(f"others: {rest}")
            parts.insert(0, f"driver or feature not chosen: {sum(chosen.values())}, by {', '.join(words)}")
        told = f" ({'; '.join(parts)})" if parts else ""
        return f"{self.numbers}{told}"

    @property
    def numbers(self) -> str:
        """How many are judged and how many are not."""
        return f"{len(self.judged)} values judged, {len(self.not_judged)} not judged"

    def describe(self) -> dict[str, object]:
        """The numbers as `--json` prints them."""
        return {
            "judged": len(self.judged),
            "not_judged": len(self.not_judged),
            "reasons": dict(sorted(Counter(self.not_judged.values()).items())),
        }


def coverage(look: Look, stack: RenderedStack, only: str = "") -> Coverage:
    """What of the values that services get is judged; `only` one setting where it is named."""
    uses: dict[tuple[str, str], list[UsedHost]] = {}
    for use in host_uses(look, stack):
        uses.setdefault((use.service.name, use.key), []).append(use)
    judged: set[str] = set()
    reasons: dict[str, str] = {}
    for service in stack.running.values():
        for key, value in service.environment.items():
            names = (key, *sorted(service.sources.get(key, ())))
            for name in names if value and (not only or only in names) else ():
                reason = _reason(service, key, value, look, uses)
                if reason == "" and _holds(name, key, uses.get((service.name, key), [])):
                    judged.add(name)
                elif (reason := reason or _TEXT) and reasons.get(
                    name, _OTHERS
                ) == _OTHERS:  # another service's reader says more
                    reasons[name] = reason
    for key in look.effective.keys() & look.release.known - judged - reasons.keys():
        reasons[key] = _OTHERS
    return Coverage(frozenset(judged), {key: reason for key, reason in sorted(reasons.items()) if key not in judged})


def _holds(name: str, key: str, uses: Sequence[UsedHost]) -> bool:
    """Whether a judged value is that of a setting, and not one that only has a part in it, such as a password."""
    return any(use.subject == name for use in uses) if uses else name == key


def _reason(
    service: StackService, key: str, value: str, look: Look, uses: Mapping[tuple[str, str], list[UsedHost]]
) -> str | None:
    """Why a value is not judged, "" where it is."""
    named = uses.get((service.name, key))
    field = look.release.fields.get(key) if is_api(service) else None
    kind = kind_of(key, look) if is_api(service) else None
    if kind and kind.base not in {"any", "url", "json"}:
        return ""
    if named:
        return next((use.reason for use in named if use.reason), "")
    if field is None:
        return _OTHERS
    use = look.usage.of(key)
    if use is None:
        return _UNREAD
    if not use.used:
        return unchosen(use)
    return "" if may_name_host(key, value, look) else _TEXT
