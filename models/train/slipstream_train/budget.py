"""A step's time: it begins with the process and ends at a limit given in seconds, whatever the hardware's speed."""

from __future__ import annotations

from .log import seconds


class Budget:
    """`spent` counts time of earlier, interrupted runs of the same step."""

    def __init__(self, limit: float, reserve: float = 0.0):
        self.limit, self.reserve = limit, reserve
        self.before = 0.0
        self.began: float | None = None

    def resume(self, spent: float) -> None:
        self.before = spent

    @property
    def spent(self) -> float:
        return self.before + seconds()

    @property
    def left(self) -> float:
        return self.limit - self.reserve - self.spent

    def begin(self) -> None:
        """Marks the end of preparations: `share` counts from here (from the first run's mark when resumed)."""
        if self.began is None:
            self.began = self.spent

    @property
    def share(self) -> float:
        """0 at `begin`, 1 when the time is up."""
        began = self.began or 0.0
        return min(1.0, (self.spent - began) / max(1e-9, self.limit - self.reserve - began))


def learning_rate(share: float, peak: float, warm_up: float = 0.02, decay_from: float = 0.45, floor: float = 0.02) -> float:
    """Warm-up, plateau, linear decay to `floor` of the peak."""
    if share < warm_up:
        return peak * max(0.02, share / warm_up)
    if share < decay_from:
        return peak
    return peak * (floor + (1 - floor) * (1 - share) / (1 - decay_from))
