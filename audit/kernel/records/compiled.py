"""The functions of this package, compiled to run over millions of rows.

Each function is taken as it stands, with the compiled ones in place of those that it calls; so there is one telling of
the law, and small work needs no compiler. What was compiled is kept beside the code where that can be written.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from types import FunctionType, ModuleType
from typing import Any, Final

import numpy as np


MANY: Final = 20_000
"""From so many rows on the loops are compiled."""


def chosen(module: ModuleType, rows: int) -> ModuleType:
    """The module as it stands, for a few rows, or compiled."""
    return compiled(module) if rows >= MANY else module


def fit(given: Any, rows: int) -> Any:
    """The columns as `chosen` functions like them: lists, for a few rows, which Python reads faster one by one."""
    return given if rows >= MANY else _as_lists(given)


def _as_lists(given: Any) -> Any:
    if isinstance(given, np.ndarray):
        return given.tobytes() if given.dtype == np.uint8 else given.tolist()
    if type(given) is tuple:
        return tuple(map(_as_lists, given))
    return type(given)(*map(_as_lists, given)) if isinstance(given, tuple) else given


@cache
def compiled(module: ModuleType) -> ModuleType:
    """A module like the given one whose functions are compiled when they are called first."""
    answer = ModuleType(f"{module.__name__}:compiled", module.__doc__)
    space = vars(answer)
    space.update(vars(module))
    for name, value in list(space.items()):
        if inspect.isfunction(value):
            space[name] = _own(value, space) if value.__module__ == module.__name__ else _other(value)
    return answer


def _own(function: FunctionType, space: dict[str, Any]) -> Callable[..., Any]:
    from numba import njit  # takes a while to load, and small work never needs it

    copy = FunctionType(function.__code__, space, function.__name__, function.__defaults__)
    copy.__qualname__, copy.__module__ = function.__qualname__, function.__module__
    answer: Callable[..., Any] = njit(nogil=True, cache=True, _nrt=False)(copy)
    return answer


def _other(function: FunctionType) -> Any:
    """The compiled form of what comes from another module of this package; everything else stays what it is."""
    module = inspect.getmodule(function)
    if module is None or not module.__name__.startswith(__package__ or ""):
        return function
    return getattr(compiled(module), function.__name__)
