"""What can go wrong inside the simulation."""


class PeakproofError(Exception):
    """Base of every error that this project raises on purpose."""


class InvariantError(PeakproofError):
    """A rule that must always hold was broken; the message names the event that did it.

    Nothing is ever clamped to hide one: a negative position, an unbalanced entry or an illegal
    transition stops the run.
    """


class IllegalTransitionError(InvariantError):
    """A piece of an order was asked to make a move that the lifecycle table does not list."""


class DecisionError(PeakproofError):
    """A policy returned a decision that the network cannot carry out."""


class RunError(PeakproofError):
    """A folder holds no finished run, or a run has no such order."""


class FieldError(ValueError):
    """One field of an object from a scenario is wrong: ``field`` says which, ``known`` what it may be, if that can be
    listed."""

    def __init__(self, field: str, value: object, message: str, known: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.field, self.value, self.known = field, value, known
