"""A regular expression over digits -> a deterministic finite automaton, over which texts are ranked exactly.

`greenery` (https://github.com/qntm/greenery) parses and determinizes, because Python's `re` exposes neither its parse
tree nor an automaton. `re` checks the syntax first, because its messages name the position.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from inkling.errors import BadRequest

MAX_DIGITS = 1024  # more than the pipeline finds in an image
SYNTAX = r"digits, \d, ., [0-4], [^7], (ab|cd), ?, *, +, {4}, {2,3}"
MAX_PATTERN_CHARS = 200  # longer patterns take minutes to compile

_SUPPORTED = re.compile(
    r"(?:[0-9.|)*+]|\\d|\(\?:|\((?!\?)|\?(?!\?)|\{[0-9]*,?[0-9]*\}|\[\^?(?:[0-9](?:-[0-9])?|\\d)+\])*"
)


@dataclass(frozen=True)
class Automaton:
    """Which texts of digits are accepted: start in state 0, take `step` for each digit, end in a `final` state.

    It is deterministic: each text has one sequence of states, so probabilities of states can be summed.
    """

    step: np.ndarray  # (states, 10) intp: the next state
    final: np.ndarray  # (states,) bool

    def accepts(self, text: str) -> bool:
        """Whether `text`, digits only, is accepted."""
        state = 0
        for digit in text:
            state = self.step[state, int(digit)]
        return bool(self.final[state])

    def accepted_lengths(self, longest: int) -> np.ndarray:
        """(longest + 1,) bool: whether some text of 0, 1, .. longest digits is accepted."""
        reached = np.zeros(len(self.final), bool)
        reached[0] = True
        accepted = []
        for _ in range(longest + 1):
            accepted.append(bool((reached & self.final).any()))
            following = np.zeros_like(reached)
            following[self.step[reached].ravel()] = True
            reached = following
        return np.array(accepted)


ANY_TEXT = Automaton(np.zeros((1, 10), np.intp), np.array([True]))


def compile_pattern(pattern: str) -> Automaton:
    r"""A regular expression for the whole text -> Automaton.

    Supports digits, `\d`, `.`, `[0-4]`, `[^7]`, groups, `|`, `?`, `*`, `+`, `{4}`, `{2,3}`; `^` at the start and `$`
    at the end change nothing. Raises BadRequest for anything else and for a pattern that no text fits.

    >>> automaton = compile_pattern("[01][0-9]{3}")
    >>> automaton.accepts("0123"), automaton.accepts("2123")
    (True, False)
    """
    inner = pattern.removeprefix("^").removesuffix("$")
    _check_syntax(pattern, inner)
    from greenery import parse

    try:
        machine = parse(inner).to_fsm()
    except Exception as error:  # greenery's parser raises IndexError, ValueError or NoMatch
        raise _refusal(pattern, "cannot be parsed") from error
    states = sorted(machine.states, key=lambda state: (state != machine.initial, state))
    index = {state: i for i, state in enumerate(states)}
    symbols = [next(symbol for symbol in machine.alphabet if symbol.accepts(digit)) for digit in "0123456789"]
    step = np.array([[index[machine.map[state][symbol]] for symbol in symbols] for state in states])
    automaton = Automaton(step, np.array([state in machine.finals for state in states]))
    if not automaton.accepted_lengths(len(automaton.final))[1:].any():
        raise BadRequest(
            f"no number fits the pattern {pattern!r}; expected one that some digits fit. Change --pattern."
        )
    return automaton


def _check_syntax(pattern: str, inner: str) -> None:
    if not pattern.strip():
        raise _refusal(pattern, "is empty")
    if len(pattern) > MAX_PATTERN_CHARS:
        raise BadRequest(
            f"the pattern has {len(pattern)} characters; the limit is {MAX_PATTERN_CHARS}. Write repetitions as "
            "[0-9]{8}, or list the numbers in a file for --among."
        )
    try:
        re.compile(inner)
    except re.error as error:
        raise _refusal(pattern, f"is no regular expression ({error})") from error
    supported = _SUPPORTED.match(inner)
    end = supported.end() if supported else 0
    if end < len(inner):
        raise _refusal(pattern, f"holds {inner[end]!r} where it cannot stand in a pattern of digits")
    if any(int(number) > MAX_DIGITS for number in re.findall(r"(?<=[{,])\d+(?=[,}])", inner)):
        raise _refusal(pattern, f"repeats something more than {MAX_DIGITS} times")


def _refusal(pattern: str, why: str) -> BadRequest:
    return BadRequest(f"pattern {pattern!r} {why}; expected {SYNTAX}. Change --pattern.")
