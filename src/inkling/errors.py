"""Every error that inkling raises on purpose, in one tree.

    InklingError
    |- BadPicture                the picture that was given
    |  |- EmptyPicture           400  no bytes
    |  |- UnknownFormat          415  not a picture, or a format that is not read
    |  |- ImageTooLarge          413  too many bytes or pixels, or too much to decode
    |  |- ImageTooSmall          422  too few pixels for a digit
    |  |- BrokenPicture          422  the bytes cannot be decoded to the end
    |  `- DeadlineExceeded       422  a picture that takes longer to read than the service allows
    |- BadRequest                400  a wrong parameter, option or body
    |- NotFound                  404  a route, file or folder that is not there
    |- UnknownName               404  a model, recipe or data set by a name that is not known
    |- WrongNetwork              422  a network of other layers than the task needs
    |- NoReport                  404  a model without a report of this version of it
    |- BadBundle                 503  a bundle that is incomplete or does not match its checksum
    |- BadTemplate               400  a form's template that is not understood, or contradicts itself
    |- BadRecipe                 400  a recipe with a wrong key, type or range
    |- BadKey                 401  no API key, or a wrong one, where the operator asks for one
    |- TooManyRequests        429  more requests from one client than the operator allows
    |- ForeignRequest            403  a request that another site's page made a browser send
    |- Busy                      409  what may be done once at a time is being done
    |- HandsClosed               404  this service keeps no hands
    |- StoreFull                 422  more hands, lessons or bytes than the store keeps
    |- LabClosed                 503  nothing can be trained here: no lab, no `learn` extra or no MNIST
    |- CannotWrite               503  a folder that cannot be written, or is full
    |- BadData                   503  training data missing, damaged or unreachable
    |- MissingExtra              503  an optional part of the package is not installed
    |- NoPermission           403  a file, folder or bucket that this user or these credentials may not use
    |- Overloaded                503  more work than the service takes on at once
    |- Unreachable               503  a service that the client cannot reach, or that is not inkling
    `- ServiceError                   what a service answers to the client with a kind that is not in this tree

A message is one sentence in three parts: what it got; what it expected; what to do. `status` is the HTTP
status, used only where an error leaves through the web; the command line prints the message alone.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InklingError(Exception):
    """Base of every error that inkling raises on purpose. `str(error)` is a sentence for the user."""

    status = 500

    @property
    def kind(self) -> str:
        """The class name: the `kind` of the JSON error body."""
        return type(self).__name__


class BadPicture(InklingError):
    status = 422


class EmptyPicture(BadPicture):
    status = 400


class UnknownFormat(BadPicture):
    status = 415


class ImageTooLarge(BadPicture):
    status = 413


class ImageTooSmall(BadPicture):
    status = 422


class BrokenPicture(BadPicture):
    status = 422


class DeadlineExceeded(BadPicture):
    status = 422


class BadRequest(InklingError):
    status = 400


class NotFound(InklingError):
    status = 404


class UnknownName(InklingError):
    """A choice by name that does not exist; the message lists the choices and the nearest one.

    Without a `name`, `what` is a finished message, as a client or another process receives it.
    """

    status = 404

    def __init__(self, what: str, name: str | None = None, choices: Iterable[str] = ()) -> None:
        if name is None:
            super().__init__(what)
            return
        choices = sorted(choices)
        message = f"unknown {what} {name!r}; choose from: {', '.join(choices) or '(none)'}."
        near = difflib.get_close_matches(name, choices, n=1)
        super().__init__(f"{message} Did you mean {near[0]!r}?" if near else message)


class WrongNetwork(InklingError):
    status = 422


class NoReport(InklingError):
    status = 404


class BadBundle(InklingError):
    status = 503


class BadRecipe(InklingError):
    status = 400


class BadTemplate(InklingError):
    status = 400


class BadKey(InklingError):
    status = 401


class TooManyRequests(InklingError):
    """`retry_after_s`: whole seconds until the next request is taken."""

    status = 429

    def __init__(self, message: str, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ForeignRequest(InklingError):
    status = 403


class Busy(InklingError):
    status = 409


class HandsClosed(InklingError):
    status = 404


class StoreFull(InklingError):
    status = 422


class LabClosed(InklingError):
    status = 503


class CannotWrite(InklingError):
    status = 503


class BadData(InklingError):
    status = 503


class MissingExtra(InklingError):
    """A library of an optional extra (`learn` or `cluster`) is not installed.

    Without an `extra`, `task` is a finished message, as a client or another process receives it.
    """

    status = 503

    def __init__(self, task: str, extra: str | None = None) -> None:
        super().__init__(
            task
            if extra is None
            else f"{task} needs the {extra!r} extra, which is not installed; "
            f"in a clone of the project, install it with: make install-{extra}"
        )


class NoPermission(InklingError):
    status = 403


class Overloaded(InklingError):
    status = 503


class Unreachable(InklingError):
    status = 503


class ServiceError(InklingError):
    """An error of a service: its kind is the service's own, as is its status (400..599)."""

    def __init__(self, kind: str, message: str, status: int) -> None:
        super().__init__(message)
        self._kind, self.status = kind or "ServiceError", status

    @property
    def kind(self) -> str:
        return self._kind
