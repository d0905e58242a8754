"""Typed reading of the environment. A bad value stops the start with one line that names it."""

from __future__ import annotations

import os
from pathlib import Path


class BadSetting(SystemExit):
    """The environment holds a value that cannot be used. Exits with the sentence."""


def text(name: str, default: str = "") -> str:
    """The variable, or the content of the file that `<name>_FILE` names, or the default."""
    path = os.environ.get(f"{name}_FILE")
    if path is None:
        return os.environ.get(name, default)
    if name in os.environ:
        raise BadSetting(f"{name} and {name}_FILE are both set: set one.")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSetting(f"{name}_FILE names {path!r}, which cannot be read: {error.strerror}.") from error


def flag(name: str, default: bool = False) -> bool:
    """A yes or no: 1, true, yes, on or 0, false, no, off, in any case."""
    value = text(name).lower()
    if value in ("", "1", "true", "yes", "on"):
        return bool(value) or default
    if value in ("0", "false", "no", "off"):
        return False
    raise BadSetting(f"{name} is {value!r}: use 1 or 0.")


def number(name: str, default: int, minimum: int = 0) -> int:
    """A whole number of at least `minimum`."""
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or int(value) < minimum:
        raise BadSetting(f"{name} is {value!r}: use a whole number of at least {minimum}.")
    return int(value)


def secret(name: str, minimum_length: int = 32) -> str:
    """A secret of at least `minimum_length` characters, or an empty string where it is not set."""
    value = text(name)
    if value and len(value) < minimum_length:
        raise BadSetting(f"{name} is too short: use at least {minimum_length} characters.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]
