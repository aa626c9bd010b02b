"""What a release brings, in words: pairs of a name and its lines."""

from __future__ import annotations

from difykit.porting.pages.text import first_words
from difykit.porting.plan.model import Outlook


def facts_of(outlook: Outlook) -> list[tuple[str, tuple[str, ...]]]:
    """What is worth saying of a release; names without anything to say are left out."""
    env, services, facts = outlook.facts.env, outlook.facts.services, outlook.facts
    sections = [
        ("Cannot be read", facts.problems),
        ("Settings of yours that it no longer knows", env.yours),
        (
            "Lists of yours that lack what Dify's own has",
            tuple(f"{key}: {', '.join(words)}" for key, words in env.lists.items()),
        ),
        ("Settings renamed, as it seems", tuple(f"{old} → {new}" for old, new in env.renamed.items())),
        ("Settings added", env.added),
        ("Settings removed", env.removed),
        (
            "Defaults changed",
            tuple(f"{key}: {_value(old)} → {_value(new)}" for key, (old, new) in env.defaults.items()),
        ),
        ("Services renamed", tuple(f"{old} → {new}" for old, new in services.renamed.items())),
        ("Services added", services.added),
        ("Services removed", services.removed),
        ("Images changed", tuple(f"{name}: {old} → {new}" for name, (old, new) in services.images.items())),
        (
            "Ports changed",
            tuple(f"{name}: {_ports(old)} → {_ports(new)}" for name, (old, new) in services.ports.items()),
        ),
        ("Database migrations added", facts.migrations),
        ("Database migrations removed", facts.migrations_removed),
        (
            "Compose needed by its own file",
            (f"{facts.compose_needs}: {facts.compose_why}",) if facts.compose_needs else (),
        ),
        (
            "Images, how they would be made",
            tuple(
                f"{image.image}: {image.strategy}, {image.reason}" if image.strategy else image.reason
                for image in outlook.images
            ),
        ),
    ]
    return [(name, tuple(lines)) for name, lines in sections if lines]


def _value(text: str) -> str:
    return first_words(text, 80) or "(empty)"


def _ports(ports: tuple[str, ...]) -> str:
    return ", ".join(ports) or "none"
