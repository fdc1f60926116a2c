"""Frozen, slotted, keyword-only value classes without the import cost of ``dataclasses``.

The start-up path of a licensed application is measured against a bare signature check of about 25 ms; importing
``dataclasses`` alone adds 8.5 ms to it (median of 40 fresh interpreters), because it brings ``inspect``, ``ast`` and
``dis``.  ``@value`` gives the same guarantees for the few classes of that path; type checkers know it through
:func:`typing.dataclass_transform`.
"""

from typing import Any, Final, TypeVar, cast, dataclass_transform

T = TypeVar("T")

_set_field: Final = object.__setattr__


@dataclass_transform(kw_only_default=True, frozen_default=True)
def value(cls: type[T]) -> type[T]:
    """Turn a class of annotated fields into an immutable value: keyword-only, slotted, comparable, hashable.

    Fields are the annotations in order; a field with a class attribute has that attribute as its default.  Defaults
    must be immutable.  Not supported, because nothing here needs it: inheritance of fields, ``super()`` in methods.
    """
    names = tuple(cls.__annotations__)
    defaults = {name: cls.__dict__[name] for name in names if name in cls.__dict__}
    body = {k: v for k, v in cls.__dict__.items() if k not in defaults and k not in {"__dict__", "__weakref__"}}
    body |= {
        "__slots__": names,
        "__init__": _initialiser(cls.__name__, names, defaults),
        "__setattr__": _refuse_change,
        "__delattr__": _refuse_change,
        "__eq__": _equal,
        "__hash__": _hash,
        "__repr__": _represent,
        "__getstate__": _fields,
        "__setstate__": _restore,
    }
    return cast("type[T]", type(cls.__name__, cls.__bases__, body))


def changed(instance: T, **fields: object) -> T:
    """Return a copy of a ``@value`` instance with the given fields replaced."""
    return type(instance)(**(_fields(instance) | fields))


def _initialiser(owner: str, names: tuple[str, ...], defaults: dict[str, Any]) -> Any:  # noqa: ANN401 - any signature
    count = len(names)

    def __init__(self: object, **given: object) -> None:  # noqa: N807 - becomes the method of that name
        if len(given) != count or defaults:
            given = defaults | given
        try:
            for name in names:
                _set_field(self, name, given[name])
        except KeyError as missing:
            message = f"{owner} needs the field {missing}"
            raise TypeError(message) from None
        if len(given) != count:
            message = f"{owner} has no field {sorted(given.keys() - set(names))}"
            raise TypeError(message)

    return __init__


def _fields(self: Any) -> dict[str, Any]:  # noqa: ANN401 - works for every value class
    return {name: getattr(self, name) for name in type(self).__slots__}


def _restore(self: object, state: dict[str, Any]) -> None:
    for name, item in state.items():
        _set_field(self, name, item)


def _equal(self: object, other: object) -> bool:
    return type(self) is type(other) and _fields(self) == _fields(other)


def _hash(self: object) -> int:
    return hash((type(self), *_fields(self).values()))


def _represent(self: object) -> str:
    inside = ", ".join(f"{name}={item!r}" for name, item in _fields(self).items())
    return f"{type(self).__name__}({inside})"


def _refuse_change(self: object, name: str, *_value: object) -> None:
    message = f"{type(self).__name__}.{name} cannot be changed"
    raise AttributeError(message)
