"""Intake: bytes of any format that a person sends in, canonical rows and refusals out. Knows no Django.

`detect` says what a file is; `guess` offers a mapping, `preview` shows what it would do; `take_file` does it; `line`
finds a row again as it was received. What strangers sent is read through `cell`, by the same functions in a process of
its own.
"""

from audit.intake.formats import Format, detect
from audit.intake.guesses import guess, missing
from audit.intake.mapping import Mapping, identity
from audit.intake.previews import Preview, preview
from audit.intake.taking import line, take_file
from audit.kernel.inputs import BadInput, Taken

__all__ = [
    "BadInput",
    "Format",
    "Mapping",
    "Preview",
    "Taken",
    "detect",
    "guess",
    "identity",
    "line",
    "missing",
    "preview",
    "take_file",
]
