"""What follows a commit: steps that are each tried, and can be done again by repeating the command."""

from collections.abc import Callable

from offline_activation.errors import ActivationError, Trouble


def try_each(done: str, *steps: Callable[[], object]) -> tuple[ActivationError, ...]:
    """Do every step, whatever happens to the others, and return what did not work; ``done`` is what holds anyway."""
    troubles: list[ActivationError] = []
    for step in steps:
        try:
            step()
        except ActivationError as error:
            troubles.append(Trouble("site.unfinished", done=done, what=error.message))
    return tuple(troubles)
