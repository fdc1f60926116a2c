"""What follows a commit: steps that are each tried, and can be done again by repeating the command."""

from collections.abc import Callable

from offline_activation.errors import ActivationError, Refusal, Trouble


def try_each(done: str, *steps: Callable[[], object]) -> tuple[ActivationError, ...]:
    """Do every step, whatever happens to the others, and return what did not work; ``done`` is what holds anyway.

    Raises nothing, not even for a mistake in a step.  What a rule refuses is returned with its own code and next step.
    """
    troubles: list[ActivationError] = []
    for step in steps:
        try:
            step()
        except Refusal as refusal:
            troubles.append(refusal)
        except ActivationError as error:
            troubles.append(Trouble("site.unfinished", done=done, what=error.message))
        except Exception as error:  # noqa: BLE001 - what is done is done: nothing may keep the other steps from it
            troubles.append(Trouble("site.unfinished", done=done, what=f"{type(error).__name__}: {error}"))
    return tuple(troubles)
