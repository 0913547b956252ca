"""How much work a drawing may take: beyond it everything still gets a place, only a plainer one."""

from __future__ import annotations

# In units of about ten microseconds. Counted work, not time: the same file always gets the same drawing.
THOROUGH, QUICK = 300_000, 50_000
# More boxes and lines than this are more than anyone reads in one picture; to try variants does not help.
MOST_ARRANGED = 500


class Patience:
    """What is left of the work that arranging one file may take."""

    __slots__ = ("left",)

    def __init__(self, units: float) -> None:
        self.left = units

    def spend(self, units: float) -> None:
        """Note work done."""
        self.left -= units

    @property
    def is_over(self) -> bool:
        return self.left <= 0

    def for_scene(self, size: int) -> Patience:
        """The patience with a scene of so many boxes and lines: none at all with a huge one."""
        return self if size <= MOST_ARRANGED else Patience(0)
