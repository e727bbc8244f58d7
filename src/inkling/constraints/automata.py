"""Deterministic finite automata: for a regular expression, for a number of digits, and for their intersection.

A state is the regular expression for the rest of the text. Its derivative with respect to a symbol is the next state
(Brzozowski, "Derivatives of Regular Expressions", 1964). Repetitions are counted, not expanded, and the number of
states is limited, so compilation is fast for every expression.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from inkling.errors import BadRequest
from inkling.pipeline.ctc import N_DIGITS
from inkling.pipeline.prefix_search import Automaton

MAX_STATES = 600  # of an automaton; limits the time to build it, and the memory and time of a search
MAX_PARTS = 30_000  # of the expressions of all states, per symbol; limits the time to about 0.2 s


@dataclass(frozen=True)
class Expression:
    """A regular expression; one of the classes below."""


@dataclass(frozen=True)
class SymbolSet(Expression):
    symbols: frozenset[int]  # any one of these


@dataclass(frozen=True)
class _Concatenation(Expression):
    first: Expression
    rest: Expression


@dataclass(frozen=True)
class _Alternation(Expression):
    options: frozenset[Expression]


@dataclass(frozen=True)
class Repeat(Expression):
    part: Expression
    least: int
    most: int | None  # None: unlimited


NOTHING = SymbolSet(frozenset())  # matches no text
EMPTY = Repeat(NOTHING, 0, 0)  # matches only the empty text


def length_automaton(least: int, greatest: int | None, n_symbols: int) -> Automaton:
    """The automaton of texts with `least` to `greatest` digits (None: unlimited) and any signs."""
    last = least if greatest is None else greatest + 1  # the state for this many digits or more
    states = np.arange(last + 1)  # the number of digits so far
    step = np.repeat(states[:, None], n_symbols, axis=1)
    step[:, :N_DIGITS] = np.minimum(states + 1, last)[:, None]
    return Automaton(step, (least <= states) & (states <= (last if greatest is None else greatest)))


def intersection(one: Automaton, other: Automaton, *, what: str) -> Automaton:
    """The intersection of two automata, without unreachable states.

    Raises BadRequest if it has too many states; `what` describes it in the message.
    """
    index, pairs, steps = {(0, 0): 0}, [(0, 0)], []
    of_one, of_other = one.step.tolist(), other.step.tolist()
    for a, b in pairs:  # grows during the loop
        following = []
        for pair in zip(of_one[a], of_other[b], strict=True):
            if pair not in index:
                index[pair] = len(pairs)
                pairs.append(pair)
            following.append(index[pair])
        steps.append(following)
        if len(pairs) > MAX_STATES:
            raise _too_costly(what)
    final = np.array([bool(one.final[a] and other.final[b]) for a, b in pairs])
    return Automaton(np.array(steps, np.intp), final)


def automaton_of(expression: Expression, n_symbols: int, *, what: str) -> Automaton:
    """The automaton that accepts the texts of an expression. Raises BadRequest as `intersection` does."""
    sets = symbol_sets(expression)
    signatures = [tuple(k in each for each in sets) for k in range(n_symbols)]
    alike = {signature: k for k, signature in enumerate(signatures)}  # one for all symbols that no part distinguishes
    derive = cache(_derivative)
    index, states, steps = {expression: 0}, [expression], []
    parts = 0
    for state in states:  # grows during the loop
        parts += _size(state) * len(alike)
        if parts > MAX_PARTS:
            raise _too_costly(what)
        following = {}
        for signature, symbol in alike.items():
            found = derive(state, symbol)
            if found not in index:
                index[found] = len(states)
                states.append(found)
            following[signature] = index[found]
        steps.append([following[signature] for signature in signatures])
        if len(states) > MAX_STATES:
            raise _too_costly(what)
    return Automaton(np.array(steps, np.intp), np.array([_may_be_empty(state) for state in states]))


def _derivative(expression: Expression, symbol: int) -> Expression:
    """The expression of the texts that may follow the symbol (Brzozowski derivative)."""
    match expression:
        case SymbolSet(symbols):
            return EMPTY if symbol in symbols else NOTHING
        case _Concatenation(first, rest):
            found = _in_sequence(_derivative(first, symbol), rest)
            return alternation([found, _derivative(rest, symbol)]) if _may_be_empty(first) else found
        case _Alternation(options):
            return alternation([_derivative(option, symbol) for option in options])
        case Repeat(part, least, most):
            if most == 0:
                return NOTHING
            fewer = replace(expression, least=max(least - 1, 0), most=None if most is None else most - 1)
            return _in_sequence(_derivative(part, symbol), EMPTY if fewer.most == 0 else fewer)
    raise TypeError(expression)


def _size(expression: Expression) -> int:
    """The number of parts of an expression."""
    match expression:
        case _Concatenation(first, rest):
            return _size(first) + _size(rest)
        case _Alternation(options):
            return sum(map(_size, options))
        case Repeat(part, _, _):
            return 1 + _size(part)
    return 1


def _may_be_empty(expression: Expression) -> bool:
    match expression:
        case _Concatenation(first, rest):
            return _may_be_empty(first) and _may_be_empty(rest)
        case _Alternation(options):
            return any(map(_may_be_empty, options))
        case Repeat(part, least, _):
            return least == 0 or _may_be_empty(part)
    return False


def _in_sequence(first: Expression, rest: Expression) -> Expression:
    if NOTHING in (first, rest):
        return NOTHING
    if first == EMPTY:
        return rest
    if rest == EMPTY:
        return first
    if isinstance(first, _Concatenation):  # always nest to the right, so that equal states are equal objects
        return _Concatenation(first.first, _in_sequence(first.rest, rest))
    return _Concatenation(first, rest)


def concatenation(parts: list[Expression]) -> Expression:
    """The expression of texts that match all parts in order."""
    found: Expression = EMPTY
    for part in reversed(parts):
        found = _in_sequence(part, found)
    return found


def alternation(options: list[Expression]) -> Expression:
    """The expression of texts that match any of the options."""
    flat = frozenset(
        part for option in options for part in (option.options if isinstance(option, _Alternation) else [option])
    ) - {NOTHING}
    return _Alternation(flat) if len(flat) > 1 else next(iter(flat), NOTHING)


def symbol_sets(expression: Expression) -> set[frozenset[int]]:
    """All symbol sets in an expression."""
    match expression:
        case SymbolSet(symbols):
            return {symbols}
        case _Concatenation(first, rest):
            return symbol_sets(first) | symbol_sets(rest)
        case _Alternation(options):
            return set().union(*map(symbol_sets, options))
        case Repeat(part, _, _):
            return symbol_sets(part)
    raise TypeError(expression)


def _too_costly(what: str) -> BadRequest:
    return BadRequest(f"{what} has too many states; expected a simpler pattern. Repeat fewer or shorter parts.")
