"""Frozen value classes without the import cost of dataclasses."""

import copy
import pickle

import pytest

from offline_activation.formats.contact import Contact
from offline_activation.formats.trust_list import TrustList
from offline_activation.formats.value import changed, value


@value
class Point:
    """Two fields, one with a default."""

    x: int
    y: int = 0


def test_values_compare_hash_copy_pickle_and_show_by_their_fields() -> None:
    assert Point(x=1) == Point(x=1, y=0) != Point(x=1, y=2)
    assert hash(Point(x=1)) == hash(Point(x=1, y=0))
    assert repr(Point(x=1)) == "Point(x=1, y=0)"
    assert copy.deepcopy(Point(x=3)) == Point(x=3)
    contact = Contact(city="Sacramento")
    assert pickle.loads(pickle.dumps(contact)) == contact  # noqa: S301 - our own bytes


def test_values_of_different_classes_are_different() -> None:
    assert Point(x=1) != Contact()
    assert Point(x=1) != (1, 0)


def test_nothing_can_be_changed_or_added() -> None:
    point = Point(x=1)
    with pytest.raises(AttributeError, match="cannot be changed"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="cannot be changed"):
        del point.x
    with pytest.raises(AttributeError):
        point.z = 3  # type: ignore[attr-defined]
    assert not hasattr(point, "__dict__")


def test_changed_returns_a_copy_with_other_fields() -> None:
    assert changed(Point(x=1), y=5) == Point(x=1, y=5)
    with pytest.raises(TypeError, match="no field"):
        changed(Point(x=1), z=5)


def test_missing_unknown_and_positional_arguments_are_mistakes() -> None:
    with pytest.raises(TypeError, match="needs the field"):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="no field"):
        Point(x=1, z=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Point(1, 2)  # type: ignore[misc]
    with pytest.raises(TypeError, match="number"):
        TrustList(vendor="x", issued=0, keys=())  # type: ignore[call-arg]
