"""The portal's settings for processes that are to die: at an armed point a process kills itself.

This is the only code that makes one do so, and only who names these settings gets it: in the product a point does
nothing, and no variable changes that.
"""

from __future__ import annotations

import os

from awu_portal.settings import *  # noqa: F403  everything else is as it is in production
from awu_portal.settings import VAR
from tests.faults.death import Points

if os.environ.get("AWU_ARMED"):
    from audit.operations import points

    points.reached = Points(VAR / "points").die_where_armed
