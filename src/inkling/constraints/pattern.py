"""Compile a pattern, a regular expression over digits and signs, to an automaton.

`re` checks the syntax first, because its messages give the position.
"""

from __future__ import annotations

import itertools
import re
import warnings

from inkling.constraints.automata import (
    EMPTY,
    NOTHING,
    Expression,
    Repeat,
    SymbolSet,
    alternation,
    automaton_of,
    concatenation,
    intersection,
    length_automaton,
    symbol_sets,
)
from inkling.errors import BadRequest
from inkling.pipeline.ctc import N_DIGITS
from inkling.pipeline.prefix_search import Automaton
from inkling.pipeline.symbols import CLASSES, CURRENCY, SIGNS

MAX_REPETITIONS = 200  # of one part of a pattern; more digits than a row has
MAX_PATTERN_CHARS = 200
SYNTAX = r"digits, \d, ., [0-4], [^7], (ab|cd), ?, *, +, {4}, {2,3}, and the signs \. , - \+ / : % \( \) \$"

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


def compile_pattern(pattern: str) -> Automaton:
    r"""A regular expression for the whole text -> its automaton, over digits, or over digits and signs if it has signs.

    Supports digits, `\d`, `[0-4]`, `[^7]`, groups, `|`, `?`, `*`, `+`, `{4}`, `{2,3}`, and the signs of a number: `,`
    `-` `/` `:` `%`, and with a backslash `\.` `\+` `\(` `\)` `\$` (any currency). `.`, `\d` and `[^..]` are digits. `^`
    at the start and `$` at the end have no effect. Raises BadRequest for any other syntax, for a pattern that no text
    fits, and for a pattern with too many states.

    >>> automaton = compile_pattern("[01][0-9]{3}")
    >>> automaton.accepts((0, 1, 2, 3)), automaton.accepts((2, 1, 2, 3))
    (True, False)
    """
    inner = pattern.removeprefix("^")
    if inner.endswith("$") and not inner.endswith(r"\$"):
        inner = inner[:-1]
    _check_syntax(pattern, inner)
    lexemes = _LEXEME.findall(inner)
    for first, second in itertools.pairwise(lexemes):
        if _is_quantifier(first) and _is_quantifier(second):  # lazy or possessive: no effect on a full match
            raise _refusal(pattern, f"contains {first + second!r}, a repetition of a repetition")
    expression, _ = _parse_options(lexemes)  # `re` has checked that the parentheses are balanced
    n_symbols = N_DIGITS if all(symbols <= DIGITS for symbols in symbol_sets(expression)) else N_WRITTEN
    automaton = automaton_of(expression, n_symbols, what=f"pattern {pattern!r}")
    if not intersection(automaton, length_automaton(1, None, n_symbols), what=pattern).final.any():
        raise BadRequest(
            f"no number fits the pattern {pattern!r}; expected a pattern that some number fits. Change --pattern."
        )
    return automaton


def _parse_options(lexemes: list[str]) -> tuple[Expression, list[str]]:
    """Parse lexemes up to an unmatched parenthesis or the end -> their expression, and the remaining lexemes."""
    options: list[Expression] = []
    sequence: list[Expression] = []
    while lexemes and lexemes[0] != ")":
        lexeme, *lexemes = lexemes
        if lexeme == "|":
            options.append(concatenation(sequence))
            sequence = []
        elif lexeme in ("(", "(?:"):
            part, lexemes = _parse_options(lexemes)
            sequence.append(part)
            lexemes = lexemes[1:]
        elif _is_quantifier(lexeme):
            sequence[-1] = _repeated(sequence[-1], lexeme)
        else:
            sequence.append(SymbolSet(_symbols(lexeme)))
    options.append(concatenation(sequence))
    return alternation(options), lexemes


def _is_quantifier(lexeme: str) -> bool:
    return lexeme in ("?", "*", "+") or lexeme[0] == "{"


def _repeated(part: Expression, lexeme: str) -> Expression:
    least, most = {"?": ("0", "1"), "*": ("0", ""), "+": ("1", "")}.get(lexeme, ("", ""))
    if lexeme[0] == "{":
        least, comma, most = lexeme[1:-1].partition(",")
        most = most if comma else least
    if part == EMPTY or (most and int(most) == 0):
        return EMPTY
    if part == NOTHING:
        return NOTHING if int(least or 0) else EMPTY
    return Repeat(part, int(least or 0), int(most) if most else None)


def _symbols(lexeme: str) -> frozenset[int]:
    """A single-symbol lexeme -> the numbers of the symbols that it matches."""
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
            f"the pattern has {len(pattern)} characters; the limit is {MAX_PATTERN_CHARS}. Write repetitions like "
            "[0-9]{8}, or list the numbers in a file for --among."
        )
    try:
        with warnings.catch_warnings(action="ignore"):  # about sets whose meaning may change in Python
            re.compile(inner)
    except (re.error, OverflowError) as error:
        raise _refusal(pattern, f"is not a regular expression ({error})") from error
    supported = _SUPPORTED.match(inner)
    end = supported.end() if supported else 0
    if end < len(inner):
        raise _refusal(pattern, f"contains {inner[end]!r}, which is not supported there")
    if any(int(number) > MAX_REPETITIONS for number in re.findall(r"(?<=[{,])\d+(?=[,}])", inner)):
        raise _refusal(pattern, f"repeats a part more than {MAX_REPETITIONS} times")


def _refusal(pattern: str, why: str) -> BadRequest:
    return BadRequest(f"pattern {pattern!r} {why}; expected {SYNTAX}. Change --pattern.")
