"""Charts as SVG and HTML that print and can be read aloud: data in, markup out, nothing else.

Positions are per cents of the chart's width and text keeps its own size, so one chart fits every screen.
No colour and no style stands in the markup: `ledger.css` gives both by class.
"""

from audit.charts.coverage import Watch, coverage_lanes
from audit.charts.days import Day, days
from audit.charts.heat import Cell, breakable, heat
from audit.charts.lanes import Lane, Tick, lanes
from audit.charts.score import Step, score_bar, waterfall
from audit.charts.trend import Point, trend

__all__ = [
    "Cell",
    "Day",
    "Lane",
    "Point",
    "Step",
    "Tick",
    "Watch",
    "breakable",
    "coverage_lanes",
    "days",
    "heat",
    "lanes",
    "score_bar",
    "trend",
    "waterfall",
]
