"""Sample data: made-up tenants, vendors and systems, with the truth beside them. Knows no Django."""

from audit.sample.files import Delivery, Made, make, write
from audit.sample.hostile import Hostile, hostile
from audit.sample.planted import PLANTED
from audit.sample.world import RULES

__all__ = ["PLANTED", "RULES", "Delivery", "Hostile", "Made", "hostile", "make", "write"]
