"""A regular expression over digits -> a deterministic automaton, over which texts can be ranked exactly.

The parser and the determinisation are those of `greenery` (https://github.com/qntm/greenery), because Python's own
`re` shows neither its parse tree nor an automaton. `re` checks the syntax first: its messages name the place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from inkling.errors import BadRequest

LONGEST = 1024  # digits: more than the road finds in a picture
KNOWN = r"digits, \d, ., [0-4], [^7], (ab|cd), ?, *, +, {4}, {2,3}"
WIDEST = 200  # characters of a pattern: beyond, building the automaton takes minutes

_IS_KNOWN = re.compile(
    r"(?:[0-9.|)*+]|\\d|\(\?:|\((?!\?)|\?(?!\?)|\{[0-9]*,?[0-9]*\}|\[\^?(?:[0-9](?:-[0-9])?|\\d)+\])*"
)


@dataclass(frozen=True)
class Automaton:
    """Which texts of digits are accepted: start in state 0, take `step` for each digit, end in a `final` state.

    The last state is dead: nothing is accepted from it. Every other state can be reached, and every text has one
    way through, so probabilities of states can be summed.
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


ANYTHING = Automaton(np.array([[0] * 10, [1] * 10]), np.array([True, False]))


def compile_pattern(pattern: str) -> Automaton:
    r"""A regular expression for the whole text -> Automaton.

    It may use digits, `\d`, `.`, `[0-4]`, `[^7]`, groups, `|`, `?`, `*`, `+`, `{4}`, `{2,3}`; `^` at its start and `$`
    at its end change nothing. Raises BadRequest for anything else and for a pattern that no text fits.

    >>> automaton = compile_pattern("[01][0-9]{3}")
    >>> automaton.accepts("0123"), automaton.accepts("2123")
    (True, False)
    """
    inner = pattern.removeprefix("^").removesuffix("$")
    _check(pattern, inner)
    from greenery import parse

    try:
        machine = parse(inner).to_fsm()
    except Exception as error:  # greenery raises what its parser stumbles over: IndexError, ValueError, NoMatch
        raise _refusal(pattern, "cannot be taken apart") from error
    states = [machine.initial, *sorted(state for state in machine.states if state != machine.initial)]
    number = {state: at for at, state in enumerate(states)}
    symbols = [next(symbol for symbol in machine.alphabet if symbol.accepts(digit)) for digit in "0123456789"]
    step = np.array([[number[machine.map[state][symbol]] for symbol in symbols] for state in states])
    automaton = _pruned(step, np.array([state in machine.finals for state in states]))
    if not automaton.accepted_lengths(len(automaton.final))[1:].any():
        raise BadRequest(
            f"no number fits the pattern {pattern!r}; expected one that some digits fit. Change --pattern."
        )
    return automaton


def _check(pattern: str, inner: str) -> None:
    if not pattern.strip():
        raise _refusal(pattern, "is empty")
    if len(pattern) > WIDEST:
        raise BadRequest(
            f"the pattern has {len(pattern)} characters; the limit is {WIDEST}. Write repetitions as [0-9]{{8}}, or "
            "list the numbers in a file for --among."
        )
    try:
        re.compile(inner)
    except re.error as error:
        raise _refusal(pattern, f"is no regular expression ({error})") from error
    read_to = _IS_KNOWN.match(inner)
    end = read_to.end() if read_to else 0
    if end < len(inner):
        raise _refusal(pattern, f"holds {inner[end]!r} where it cannot stand in a pattern of digits")
    if any(int(number) > LONGEST for number in re.findall(r"\{(\d+)|,(\d+)\}", inner) for number in number if number):
        raise _refusal(pattern, f"repeats something more than {LONGEST} times")


def _refusal(pattern: str, why: str) -> BadRequest:
    return BadRequest(f"pattern {pattern!r} {why}; expected {KNOWN}. Change --pattern.")


def _pruned(step: np.ndarray, final: np.ndarray) -> Automaton:
    """Only states from which something is accepted, the start first, and one dead state for all others at the end."""
    alive = final.copy()
    while True:
        grown = alive | alive[step].any(axis=1)
        if (grown == alive).all():
            break
        alive = grown
    alive[0] = True
    kept = np.flatnonzero(alive)
    number = np.full(len(step), len(kept))
    number[kept] = np.arange(len(kept))
    dead = np.full((1, 10), len(kept))
    return Automaton(np.vstack([number[step[kept]], dead]), np.append(final[kept], False))
