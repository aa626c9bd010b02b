"""How values go through a function: which assignment each read may get its value from, and what is reached at all.

Languages are written as these few steps; where one does more than they say, more is taken to be read and reached.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

Name = object
"""A name as a language tells it from others: in TypeScript by its scope, too."""


@dataclass(frozen=True, eq=False)
class Read:
    """A name's value is taken: only to change something in it where it `touches`, only to be set anew by `into`."""

    name: Name
    line: int
    touches: bool = False
    into: Bind | None = None


@dataclass(frozen=True, eq=False)
class Bind:
    """A name gets a value, by the lines `first` to `last`.

    One that `touches` changes something in the value that it has; one that is `external` gets it from the caller.
    """

    name: Name
    first: int
    last: int
    touches: bool = False
    external: bool = False


@dataclass(frozen=True, eq=False)
class Stand:
    """A statement begins."""

    line: int


@dataclass(frozen=True, eq=False)
class Fork:
    """One of several ways is gone."""

    ways: tuple[Block, ...]


@dataclass(frozen=True, eq=False)
class Switch:
    """One of several ways is gone, and those after it until it is left; none where they are not `exhaustive`."""

    ways: tuple[Block, ...]
    exhaustive: bool


@dataclass(frozen=True, eq=False)
class Loop:
    """A head, then either the body and again, or out; never out by itself where it is `endless`."""

    head: Block
    body: Block
    orelse: Block = ()
    endless: bool = False


@dataclass(frozen=True, eq=False)
class Guard:
    """A body that may end anywhere, and what is done then; `final` is done in any case."""

    body: Block
    handlers: tuple[Block, ...] = ()
    orelse: Block = ()
    final: Block = ()


@dataclass(frozen=True, eq=False)
class Leave:
    """Nothing that follows is done: `break`, `continue`, to a `label`, or out of the function."""

    how: str = ""


def into(binds: Block, steps: Block, root: Name) -> Block:
    """The steps of a value that begins with a name, where one of `binds` sets that very name to it."""
    own = next((bind for bind in binds if isinstance(bind, Bind) and bind.name == root and not bind.touches), None)
    return [replace(step, into=own) if own and isinstance(step, Read) and step.name == root else step for step in steps]


Step = Read | Bind | Stand | Fork | Switch | Loop | Guard | Leave
Block = Sequence[Step]
State = dict[Name, frozenset[Bind | None]]
"""What may have given each name its value; None where nothing did."""


@dataclass(frozen=True)
class Function:
    """The steps of one function, and the names whose values others read, too, at any time."""

    steps: Block
    shared: frozenset[Name]


@dataclass
class Flow:
    """What comes of the steps of functions, for the names that are theirs alone."""

    reads: dict[Bind, list[Read]] = field(default_factory=lambda: defaultdict(list))
    sources: dict[Read, frozenset[Bind | None]] = field(default_factory=dict)
    binds: list[Bind] = field(default_factory=list)
    reached: set[Stand] = field(default_factory=set)
    stands: list[Stand] = field(default_factory=list)
    shared: set[Bind] = field(default_factory=set)

    def is_read(self, bind: Bind) -> bool:
        """Whether something may read what was set.

        What only changes it does not read what was changed before, and what only goes on into a value of the same name
        is read where that is.
        """
        visited: set[Bind] = set()
        pending = [bind]
        while pending:
            value = pending.pop()
            visited.add(value)
            if value in self.shared:
                return True
            for read in self.reads.get(value, ()):
                if read.into is None and not (bind.touches and read.touches):
                    return True
                if read.into and read.into not in visited:
                    pending.append(read.into)
        return False

    def is_bare(self, read: Read) -> bool:
        """Whether nothing can have set what is read."""
        return self.sources.get(read) == frozenset({None})


@dataclass(frozen=True)
class FunctionFlow:
    """A function that stands in no other: its lines, and what is in it."""

    first: int
    last: int
    functions: Callable[[], Sequence[Function]]


def flow_of(parts: Sequence[FunctionFlow]) -> Flow:
    """What comes of all functions of these parts."""
    flow = Flow()
    for part in parts:
        for function in part.functions():
            _Run(flow, function).all()
    for read, sources in flow.sources.items():
        for bind in sources:
            if bind is not None:
                flow.reads[bind].append(read)
    return flow


class _Run:
    """Goes through one function's steps, loops as often as something new comes of it."""

    def __init__(self, flow: Flow, function: Function) -> None:
        self.flow = flow
        self.function = function
        self.every = _every(function.steps)
        binds = [step for step in self.every if isinstance(step, Bind)]
        self.own = {bind.name for bind in binds if not bind.touches}
        self.local = self.own - {bind.name for bind in binds if bind.external}
        """What nobody else has: to change something in it says nothing to others, as far as the function tells."""
        self.loops: list[tuple[list[State], list[State]]] = []
        self.guards: list[State] = []

    def all(self) -> None:
        binds = [step for step in self.every if isinstance(step, Bind)]
        self.flow.binds += [step for step in binds if step.name in (self.local if step.touches else self.own)]
        self.flow.shared |= {step for step in binds if step.name in self.function.shared}
        self.flow.stands += [step for step in self.every if isinstance(step, Stand)]
        self.block(self.function.steps, {})

    def block(self, steps: Block, state: State | None) -> State | None:
        """The state behind the steps; None where nothing gets there."""
        for step in steps:
            if state is None:
                return None
            state = self.step(step, state)
        return state

    def step(self, step: Step, state: State) -> State | None:
        if isinstance(step, Read):
            if step.name in self.own and step.name not in self.function.shared:
                was = self.flow.sources.get(step, frozenset())
                self.flow.sources[step] = was | state.get(step.name, frozenset({None}))
        elif isinstance(step, Bind):
            earlier = state.get(step.name, frozenset({None})) if step.touches else frozenset()
            state = {**state, step.name: earlier | {step}}
            for guard in self.guards:
                guard[step.name] = guard.get(step.name, frozenset({None})) | state[step.name]
        elif isinstance(step, Stand):
            self.flow.reached.add(step)
        elif isinstance(step, Fork):
            return _join([self.block(branch, state) for branch in step.ways])
        elif isinstance(step, Switch):
            return self.switch(step, state)
        elif isinstance(step, Loop):
            return self.loop(step, state)
        elif isinstance(step, Guard):
            return self.guard(step, state)
        else:
            self.leave(step.how, state)
            return None
        return state

    def leave(self, how: str, state: State) -> None:
        for frame in self.loops if how == "label" else self.loops[-1:] if how else ():
            for places in frame if how == "label" else [frame[how == "continue"]]:
                places.append(state)

    def switch(self, step: Switch, state: State) -> State | None:
        breaks: list[State] = []
        self.loops.append((breaks, self.loops[-1][1] if self.loops else []))
        behind: State | None = None
        for branch in step.ways:
            behind = self.block(branch, _join([state, behind]))
        self.loops.pop()
        return _join([behind, *breaks, *(() if step.exhaustive else (state,))])

    def loop(self, step: Loop, state: State) -> State | None:
        entry, out = state, None
        while True:
            self.loops.append(([], []))
            head = self.block(step.head, entry)
            behind = self.block(step.body, head)
            breaks, continues = self.loops.pop()
            out = _join([out, *breaks])
            again = _join([entry, behind, *continues]) or entry
            if again == entry:
                break
            entry = again
        ended = None if step.endless else self.block(step.orelse, head)
        return _join([ended, out])

    def guard(self, step: Guard, state: State) -> State | None:
        self.guards.append(dict(state))
        behind = self.block(step.body, state)
        anywhere = self.guards.pop()
        self.guards.append(dict(anywhere))
        ends = [self.block(step.orelse, behind), *(self.block(handler, dict(anywhere)) for handler in step.handlers)]
        anywhere = self.guards.pop()
        normal = _join(ends)
        if not step.final:
            return normal
        final = self.block(step.final, _join([normal, anywhere]))
        return None if normal is None else final


def _join(states: Sequence[State | None]) -> State | None:
    some = [state for state in states if state is not None]
    if len(some) < 2:
        return some[0] if some else None
    nothing: frozenset[Bind | None] = frozenset({None})
    return {
        name: frozenset().union(*(state.get(name, nothing) for state in some))
        for name in dict.fromkeys(name for state in some for name in state)
    }


def _every(steps: Block) -> list[Step]:
    """The steps with all that is in them."""
    every_step: list[Step] = []
    for step in steps:
        every_step.append(step)
        for inner in _blocks(step):
            every_step += _every(inner)
    return every_step


def _blocks(step: Step) -> Sequence[Block]:
    if isinstance(step, Fork | Switch):
        return step.ways
    if isinstance(step, Loop):
        return step.head, step.body, step.orelse
    if isinstance(step, Guard):
        return step.body, *step.handlers, step.orelse, step.final
    return ()
