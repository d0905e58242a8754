"""The functions of this package, compiled to run over millions of rows.

Each function is taken as it stands, with the compiled ones in place of those that it calls; so there is one telling of
the law, and small work needs no compiler. What was compiled is kept beside the code, where that can be written, under
the digest of the whole package: a function holds what it calls, so none may outlive a change of another.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import RLock
from types import FunctionType, ModuleType
from typing import Any, Final

import numpy as np

MANY: Final = 20_000
"""From so many rows on the loops are compiled."""
_PACKAGE: Final = Path(__file__).parent
_LOCK: Final = RLock()


def chosen(module: ModuleType, rows: int) -> ModuleType:
    """The module as it stands, for a few rows, or compiled."""
    if rows < MANY:
        return module
    with _LOCK:
        return _compiled(module)


def prepare(rows: int) -> None:
    """Load the compiler, if so many rows will need it, while something else is done."""
    if rows >= MANY:
        with _LOCK:
            _compiler()


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
def _compiled(module: ModuleType) -> ModuleType:
    """A module like the given one whose functions are compiled when they are called first."""
    answer = ModuleType(f"{module.__name__}:compiled", module.__doc__)
    space = vars(answer)
    space.update(vars(module))
    for name, value in list(space.items()):
        if inspect.isfunction(value):
            space[name] = _own(value, space) if value.__module__ == module.__name__ else _other(value)
    return answer


def _own(function: FunctionType, space: dict[str, Any]) -> Callable[..., Any]:
    copy = FunctionType(function.__code__, space, function.__name__, function.__defaults__)
    copy.__qualname__, copy.__module__ = function.__qualname__, function.__module__
    answer: Callable[..., Any] = _compiler()(copy)
    return answer


def _other(function: FunctionType) -> Any:
    """The compiled form of what comes from another module of this package; everything else stays what it is."""
    module = inspect.getmodule(function)
    if module is None or not module.__name__.startswith(__package__ or ""):
        return function
    return getattr(_compiled(module), function.__name__)


@cache
def _compiler() -> Callable[..., Any]:
    """What compiles a function. Without counting references: the loops allocate nothing."""
    import numba  # takes a while to load, and small work never needs it

    folder = _PACKAGE / "__pycache__" / f"compiled-{digest()[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    except OSError:  # an installation that cannot be written compiles anew in each process
        folder = Path()
    options: dict[str, Any] = {"nogil": True, "cache": folder != Path(), "_nrt": False}
    answer: Callable[..., Any] = numba.njit(**options)
    return answer


@cache
def digest() -> str:
    """SHA-256 over all modules of this package."""
    answer = hashlib.sha256()
    for path in sorted(_PACKAGE.glob("*.py")):
        answer.update(f"{path.name}\n".encode() + path.read_bytes())
    return answer.hexdigest()
