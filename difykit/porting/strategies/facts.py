"""What the parts of one file ask of each other: who calls what with which arguments, and which members are picked.

What a language has no types for is told by names alone: so nothing here is sure, and all of it is worth a look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from difykit.porting.strategies.dead_changes import Side, both_sides
from difykit.porting.strategies.model import FindingWeight, MergeFinding, MergeTexts


@dataclass(frozen=True)
class Signature:
    """What a function takes: by place, by name alone, and what of it must be there."""

    places: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()
    more_places: bool = False
    more_names: bool = False
    wrapped: bool = False
    """Whether a decorator stands before it, which may give it other arguments."""


@dataclass(frozen=True)
class Call:
    """A call: of what, where, and with which arguments; an `open` one gives more than it shows."""

    of: str
    line: int
    places: int
    names: tuple[str, ...] = ()
    open: bool = False

    def fits(self, signature: Signature) -> bool:
        """Whether a function that takes this may be called so, as far as the call shows."""
        if self.places > len(signature.places) and not signature.more_places:
            return False
        by_place = set(signature.places[: self.places])
        if by_place & set(self.names):
            return False
        unknown = set(self.names) - set(signature.places) - signature.names
        if unknown and not signature.more_names:
            return False
        return self.open or signature.needed <= by_place | set(self.names)


@dataclass(frozen=True)
class Named:
    """A use of something to which values are given by name; an `open` one gives more than it shows."""

    of: str
    names: frozenset[str]
    line: int
    open: bool = False


@dataclass(frozen=True)
class Definition:
    """Something that a module defines, by its lines; nobody but the module uses it where it is `private`."""

    name: str
    first: int
    last: int
    private: bool = False


@dataclass(frozen=True)
class ModuleFacts:
    """What one text defines, calls and picks; functions of classes have a dot before their names."""

    signatures: Mapping[str, Signature]
    calls: Sequence[Call]
    owned: frozenset[str]
    picked: Sequence[tuple[str, int]]
    definitions: Sequence[Definition]
    used: frozenset[str]

    named: Sequence[Named] = ()
    """What is given by name: arguments, and attributes of elements."""
    collections: Sequence[Definition] = ()
    """What a module defines of members of its own, such as a mapping."""
    iterated: frozenset[str] = frozenset()
    """What is gone through as a whole, and not only by its members."""


Read = Callable[[str], ModuleFacts]


def broken_uses(sides: MergeTexts, merged: str, read: Read) -> Iterator[MergeFinding]:
    """What one side's code asks of the file, and the other side's change took away."""
    merged_facts = read(merged)
    around = [(side, read(side.text)) for side in both_sides(sides, merged)]
    yield from _calls(merged_facts, around)
    for (side, own), (_, opposite) in (around, around[::-1]):
        yield from _given_up(lambda: read(sides.base), side, own, opposite)
    for side, own in around:
        yield from _not_gone_through(side, own, merged_facts)
        yield from _names(side, own, merged_facts)
        yield from _members(side, own, merged_facts)
        yield from _unused(side, own, merged_facts)


def _calls(merged_facts: ModuleFacts, around: Sequence[tuple[Side, ModuleFacts]]) -> Iterator[MergeFinding]:
    for call in merged_facts.calls:
        signature = merged_facts.signatures.get(call.of)
        was = [own.signatures.get(call.of) for side, own in around if call.line in side.from_merged]
        if signature is None or call.fits(signature) or not was or not all(old and call.fits(old) for old in was):
            continue
        weight = FindingWeight.NOTE if signature.wrapped else FindingWeight.DOUBT
        yield MergeFinding(f"line {call.line}: {call.of.lstrip('.')} does not take what is given to it there", weight)


def _names(side: Side, own: ModuleFacts, merged_facts: ModuleFacts) -> Iterator[MergeFinding]:
    """Arguments by name for a function that lost the parameter, called by whatever name."""
    for name, signature in own.signatures.items():
        after = merged_facts.signatures.get(name)
        if after is None or after == signature or after.more_names:
            continue
        gone = {*signature.places, *signature.names} - {*after.places, *after.names}
        for call in own.calls:
            passed = gone & set(call.names)
            if passed and call.of != name and call.line in side.new and call.line in side.to_merged:
                text = f"{name.lstrip('.')} has no parameter {min(passed)} any more"
                yield MergeFinding(
                    f"line {side.to_merged[call.line]}: {text}, and {side.whose} gives one of that name there"
                )


def _members(side: Side, own: ModuleFacts, merged_facts: ModuleFacts) -> Iterator[MergeFinding]:
    gone = own.owned - merged_facts.owned
    for name, line in own.picked:
        if name in gone and line in side.new and line in side.to_merged:
            text = (
                f"line {side.to_merged[line]}: {side.whose} uses .{name} there, which the file does not define any more"
            )
            yield MergeFinding(text, FindingWeight.DOUBT)
            return


def _unused(side: Side, own: ModuleFacts, merged_facts: ModuleFacts) -> Iterator[MergeFinding]:
    """What one side changed in a definition that nothing in the file uses any more."""
    defined = {definition.name for definition in merged_facts.definitions}
    for definition in own.definitions:
        name = definition.name
        if side.new.isdisjoint(range(definition.first, definition.last + 1)):
            continue
        if name in own.used and name not in merged_facts.used and name in defined:
            weight = FindingWeight.SURE if definition.private else FindingWeight.NOTE
            text = f"{side.whose} changes {name.lstrip('.')}, which nothing in the file uses any more"
            yield MergeFinding(text, weight)


def _given_up(
    base: Callable[[], ModuleFacts], side: Side, own: ModuleFacts, other: ModuleFacts
) -> Iterator[MergeFinding]:
    """What one side gives by a name by which the other side, where it all was given so, gives nothing any more."""
    for use in own.named:
        if use.line not in side.new or use.line not in side.to_merged:
            continue
        later = [same for same in other.named if same.of == use.of]
        gone = use.names - frozenset().union(*(same.names for same in later))
        if not gone or not later or any(same.open for same in later):
            continue  # and the common file need not be read
        before = [earlier.names for earlier in base().named if earlier.of == use.of]
        gone &= frozenset.intersection(*before) if before else frozenset()
        if gone:
            whose = "your side" if side.whose == "upstream" else "upstream"
            text = f"{use.of} is given {min(gone)} there by {side.whose}, as {whose} gives it to none any more"
            yield MergeFinding(f"line {side.to_merged[use.line]}: {text}", FindingWeight.DOUBT)
            return


def _not_gone_through(side: Side, own: ModuleFacts, merged_facts: ModuleFacts) -> Iterator[MergeFinding]:
    """Members that one side adds to what nothing goes through any more, and nothing names."""
    defined = {definition.name for definition in merged_facts.collections}
    for of in own.collections:
        lines = range(of.first, of.last + 1)
        if of.name in (own.iterated - merged_facts.iterated) & defined and not side.new.isdisjoint(lines):
            text = f"{side.whose} changes members of {of.name}, which nothing in the file goes through any more"
            yield MergeFinding(text, FindingWeight.DOUBT)
