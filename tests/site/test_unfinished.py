"""Steps after a commit: each is tried, and none of them can undo that something is done."""

from offline_activation.errors import Refusal, Trouble
from offline_activation.site.unfinished import try_each


def test_every_step_is_tried_whatever_another_one_raises() -> None:
    done: list[str] = []

    def mistaken() -> None:
        int(float("inf"))

    def refused() -> None:
        raise Refusal("license.returned")

    def failed() -> None:
        raise Trouble("io.unreadable", path="a file", what="it is gone")

    found = try_each("It is done", mistaken, lambda: done.append("a"), refused, failed, lambda: done.append("b"))
    assert done == ["a", "b"]
    assert [each.code for each in found] == ["site.unfinished", "license.returned", "site.unfinished"]
    assert found[0].message.startswith("It is done, but OverflowError: ")
    assert "run the same command again" in found[2].remedy
