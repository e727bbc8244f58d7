"""A regular expression over digits and signs -> a deterministic finite automaton, over which texts are ranked exactly.

A state is a regular expression: what may still follow. Its derivative by a symbol is the next state (Brzozowski,
"Derivatives of Regular Expressions", 1964). Repetitions are counted, not written out, and the number of states is
limited, so no pattern takes long. `re` checks the syntax first, because its messages name the position.
"""

from __future__ import annotations

import itertools
import re
import warnings
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from inkling.errors import BadRequest
from inkling.pipeline.prefix_search import Automaton
from inkling.pipeline.symbols import CLASSES, CURRENCY, SIGNS

MAX_REPETITIONS = 200  # of one part of a pattern: more digits than a row holds
MAX_STATES = 600  # of an automaton: bounds the time to make it, and the memory and time of a search with it
MAX_PARTS = 30_000  # of the expressions of all states, for each symbol: bounds the time to some 0.2 s
MAX_PATTERN_CHARS = 200
SYNTAX = r"digits, \d, ., [0-4], [^7], (ab|cd), ?, *, +, {4}, {2,3}, and the signs \. , - \+ / : % \( \) \$"

N_DIGITS = 10
N_WRITTEN = N_DIGITS + len(SIGNS)  # symbols of a number as written
DIGITS = frozenset(range(N_DIGITS))
SYMBOL_OF = {
    **{name: k for k, name in enumerate(CLASSES[:N_WRITTEN])},
    **dict.fromkeys("$€£¥", CLASSES.index(CURRENCY)),
}
PLAIN_SIGNS = "".join(sign for sign in SYMBOL_OF if not sign.isdigit() and sign not in ".+()$")  # need no backslash
ESCAPED = re.escape("".join(sign for sign in SYMBOL_OF if not sign.isdigit()))

_COUNT = r"\{(?:[0-9]+(?:,[0-9]*)?|,[0-9]+)\}"
_SUPPORTED = re.compile(
    rf"(?:[0-9.|)*+{re.escape(PLAIN_SIGNS)}]|\\[d{ESCAPED}]|\(\?:|\((?!\?)|\?(?!\?)|{_COUNT}"
    rf"|\[\^?(?:[0-9](?:-[0-9])?|\\[d{ESCAPED}]|[{ESCAPED}])+\])*"
)
_LEXEME = re.compile(rf"\\.|\[\^?(?:\\.|[^\]])+\]|\(\?:|{_COUNT}|.")


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern."""

    automaton: Automaton  # over the ten digits, or over the symbols of a number as written if `names_signs`
    names_signs: bool


@dataclass(frozen=True)
class _Expression:
    """A regular expression; one of the classes below."""


@dataclass(frozen=True)
class _Set(_Expression):
    symbols: frozenset[int]  # one of these


@dataclass(frozen=True)
class _Sequence(_Expression):
    first: _Expression
    rest: _Expression


@dataclass(frozen=True)
class _Either(_Expression):
    options: frozenset[_Expression]


@dataclass(frozen=True)
class _Repeat(_Expression):
    part: _Expression
    least: int
    most: int | None  # None: without end


NOTHING = _Set(frozenset())  # no text
EMPTY = _Repeat(NOTHING, 0, 0)  # the empty text


def compile_pattern(pattern: str) -> Pattern:
    r"""A regular expression for the whole text -> Pattern.

    Supports digits, `\d`, `[0-4]`, `[^7]`, groups, `|`, `?`, `*`, `+`, `{4}`, `{2,3}`, and the signs of a number: `,`
    `-` `/` `:` `%`, and with a backslash `\.` `\+` `\(` `\)` `\$` (any currency). `.`, `\d` and `[^..]` are digits. `^`
    at the start and `$` at the end change nothing. Raises BadRequest for anything else, for a pattern that no text
    fits, and for one that has too many states.

    >>> automaton = compile_pattern("[01][0-9]{3}").automaton
    >>> automaton.accepts((0, 1, 2, 3)), automaton.accepts((2, 1, 2, 3))
    (True, False)
    """
    inner = pattern.removeprefix("^")
    if inner.endswith("$") and not inner.endswith(r"\$"):
        inner = inner[:-1]
    _check_syntax(pattern, inner)
    lexemes = _LEXEME.findall(inner)
    for first, second in itertools.pairwise(lexemes):
        if _is_quantifier(first) and _is_quantifier(second):  # lazy or possessive: of no use for a whole text
            raise _refusal(pattern, f"holds {first + second!r}, a repetition of a repetition")
    expression, _ = _parse_options(lexemes)  # `re` has found the parentheses balanced
    sets = _sets(expression)
    names_signs = not all(symbols <= DIGITS for symbols in sets)
    automaton = _automaton(pattern, expression, sets, N_WRITTEN if names_signs else N_DIGITS)
    if not both(automaton, length_automaton(1, None, automaton.step.shape[1]), what=pattern).final.any():
        raise BadRequest(
            f"no number fits the pattern {pattern!r}; expected one that some digits fit. Change --pattern."
        )
    return Pattern(automaton, names_signs)


def length_automaton(least: int, greatest: int | None, n_symbols: int) -> Automaton:
    """Accepts texts with so many digits, whatever signs they have; `greatest` None: or more."""
    last = least if greatest is None else greatest + 1  # the state "so many or more"
    states = np.arange(last + 1)  # the number of digits so far
    step = np.repeat(states[:, None], n_symbols, axis=1)
    step[:, :N_DIGITS] = np.minimum(states + 1, last)[:, None]
    return Automaton(step, (least <= states) & (states <= (last if greatest is None else greatest)))


def both(one: Automaton, other: Automaton, *, what: str) -> Automaton:
    """Accepts what both accept, and has no state that cannot be reached.

    Raises BadRequest if it has too many states; `what` names it in the message.
    """
    index, pairs, steps = {(0, 0): 0}, [(0, 0)], []
    of_one, of_other = one.step.tolist(), other.step.tolist()
    for a, b in pairs:  # grows while it is read
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


def _automaton(pattern: str, expression: _Expression, sets: set[frozenset[int]], n_symbols: int) -> Automaton:
    signatures = [tuple(k in each for each in sets) for k in range(n_symbols)]
    alike = {signature: k for k, signature in enumerate(signatures)}  # symbols that no part tells apart step alike
    derive = cache(_derivative)
    index, states, steps = {expression: 0}, [expression], []
    parts = 0
    for state in states:  # grows while it is read
        parts += _size(state) * len(alike)
        if parts > MAX_PARTS:
            raise _too_costly(f"pattern {pattern!r}")
        following = {}
        for signature, symbol in alike.items():
            found = derive(state, symbol)
            if found not in index:
                index[found] = len(states)
                states.append(found)
            following[signature] = index[found]
        steps.append([following[signature] for signature in signatures])
        if len(states) > MAX_STATES:
            raise _too_costly(f"pattern {pattern!r}")
    return Automaton(np.array(steps, np.intp), np.array([_may_be_empty(state) for state in states]))


def _derivative(expression: _Expression, symbol: int) -> _Expression:
    """What may follow the symbol in texts of the expression."""
    match expression:
        case _Set(symbols):
            return EMPTY if symbol in symbols else NOTHING
        case _Sequence(first, rest):
            found = _in_sequence(_derivative(first, symbol), rest)
            return _either([found, _derivative(rest, symbol)]) if _may_be_empty(first) else found
        case _Either(options):
            return _either([_derivative(option, symbol) for option in options])
        case _Repeat(part, least, most):
            if most == 0:
                return NOTHING
            fewer = replace(expression, least=max(least - 1, 0), most=None if most is None else most - 1)
            return _in_sequence(_derivative(part, symbol), EMPTY if fewer.most == 0 else fewer)
    raise TypeError(expression)


def _size(expression: _Expression) -> int:
    """How many parts an expression has."""
    match expression:
        case _Sequence(first, rest):
            return _size(first) + _size(rest)
        case _Either(options):
            return sum(map(_size, options))
        case _Repeat(part, _, _):
            return 1 + _size(part)
    return 1


def _may_be_empty(expression: _Expression) -> bool:
    match expression:
        case _Sequence(first, rest):
            return _may_be_empty(first) and _may_be_empty(rest)
        case _Either(options):
            return any(map(_may_be_empty, options))
        case _Repeat(part, least, _):
            return least == 0 or _may_be_empty(part)
    return False


def _in_sequence(first: _Expression, rest: _Expression) -> _Expression:
    if NOTHING in (first, rest):
        return NOTHING
    if first == EMPTY:
        return rest
    if rest == EMPTY:
        return first
    if isinstance(first, _Sequence):  # always nested to the right, so that equal states are equal objects
        return _Sequence(first.first, _in_sequence(first.rest, rest))
    return _Sequence(first, rest)


def _sequence(parts: list[_Expression]) -> _Expression:
    found: _Expression = EMPTY
    for part in reversed(parts):
        found = _in_sequence(part, found)
    return found


def _either(options: list[_Expression]) -> _Expression:
    flat = frozenset(
        part for option in options for part in (option.options if isinstance(option, _Either) else [option])
    ) - {NOTHING}
    return _Either(flat) if len(flat) > 1 else next(iter(flat), NOTHING)


def _sets(expression: _Expression) -> set[frozenset[int]]:
    """The symbols of each place of an expression."""
    match expression:
        case _Set(symbols):
            return {symbols}
        case _Sequence(first, rest):
            return _sets(first) | _sets(rest)
        case _Either(options):
            return set().union(*map(_sets, options))
        case _Repeat(part, _, _):
            return _sets(part)
    raise TypeError(expression)


def _parse_options(lexemes: list[str]) -> tuple[_Expression, list[str]]:
    """The lexemes up to an unmatched parenthesis or the end -> their expression and the other lexemes."""
    options: list[_Expression] = []
    sequence: list[_Expression] = []
    while lexemes and lexemes[0] != ")":
        lexeme, *lexemes = lexemes
        if lexeme == "|":
            options.append(_sequence(sequence))
            sequence = []
        elif lexeme in ("(", "(?:"):
            part, lexemes = _parse_options(lexemes)
            sequence.append(part)
            lexemes = lexemes[1:]
        elif _is_quantifier(lexeme):
            sequence[-1] = _repeated(sequence[-1], lexeme)
        else:
            sequence.append(_Set(_symbols(lexeme)))
    options.append(_sequence(sequence))
    return _either(options), lexemes


def _is_quantifier(lexeme: str) -> bool:
    return lexeme in ("?", "*", "+") or lexeme[0] == "{"


def _repeated(part: _Expression, lexeme: str) -> _Expression:
    least, most = {"?": ("0", "1"), "*": ("0", ""), "+": ("1", "")}.get(lexeme, ("", ""))
    if lexeme[0] == "{":
        least, comma, most = lexeme[1:-1].partition(",")
        most = most if comma else least
    if part == EMPTY or (most and int(most) == 0):
        return EMPTY
    if part == NOTHING:
        return NOTHING if int(least or 0) else EMPTY
    return _Repeat(part, int(least or 0), int(most) if most else None)


def _symbols(lexeme: str) -> frozenset[int]:
    """One place of a pattern -> the numbers of its symbols."""
    if lexeme in (".", r"\d"):
        return DIGITS
    if lexeme[0] != "[":
        return frozenset({SYMBOL_OF[lexeme[-1]]})
    inverted = lexeme[1] == "^"
    found: set[int] = set()
    for part in re.findall(r"[0-9]-[0-9]|\\.|.", lexeme[1 + inverted : -1]):
        if part == r"\d":
            found |= DIGITS
        elif len(part) == 3:
            found |= set(range(int(part[0]), int(part[2]) + 1))
        else:
            found.add(SYMBOL_OF[part[-1]])
    return frozenset(DIGITS - found if inverted else found)


def _check_syntax(pattern: str, inner: str) -> None:
    if not pattern.strip():
        raise _refusal(pattern, "is empty")
    if len(pattern) > MAX_PATTERN_CHARS:
        raise BadRequest(
            f"the pattern has {len(pattern)} characters; the limit is {MAX_PATTERN_CHARS}. Write repetitions as "
            "[0-9]{8}, or list the numbers in a file for --among."
        )
    try:
        with warnings.catch_warnings(action="ignore"):  # of sets that may mean something else in a later Python
            re.compile(inner)
    except (re.error, OverflowError) as error:
        raise _refusal(pattern, f"is no regular expression ({error})") from error
    supported = _SUPPORTED.match(inner)
    end = supported.end() if supported else 0
    if end < len(inner):
        raise _refusal(pattern, f"holds {inner[end]!r} where it cannot stand in a pattern of digits and signs")
    if any(int(number) > MAX_REPETITIONS for number in re.findall(r"(?<=[{,])\d+(?=[,}])", inner)):
        raise _refusal(pattern, f"repeats something more than {MAX_REPETITIONS} times")


def _refusal(pattern: str, why: str) -> BadRequest:
    return BadRequest(f"pattern {pattern!r} {why}; expected {SYNTAX}. Change --pattern.")


def _too_costly(what: str) -> BadRequest:
    return BadRequest(
        f"{what} allows too many different ways to go on; expected something simpler. Repeat fewer or shorter parts."
    )
