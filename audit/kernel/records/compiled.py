"""The functions of this package, compiled to run over millions of rows.

Each function is taken as it stands, with the compiled ones in place of those that it calls; so there is one telling of
the law, and small work needs no compiler. What was compiled is kept beside the code where that can be written.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from types import FunctionType, ModuleType
from typing import Any


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
