"""How many deliveries may be under way: in all, and to one host. Only counting; moments are of the monotonic clock.

Two thoughts keep one slow receiver from holding up another. A send that has been waiting for longer than `PATIENCE` no
longer takes a seat: it costs a sleeping thread and no work, so ninety receivers that hang leave their seats to the other
ten. And a host begins with a narrow lane, which every success widens by one and a failure makes narrow again, so that
a receiver that hangs keeps few, while one that answers gets a thousand quickly.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PATIENCE = 0.05
SLEEPERS = 8
# The widest lane. All mail goes by one server, and many servers take no more than twenty connections from one sender.
WIDEST = 2
MAIL, WIDEST_FOR_MAIL = "mail", 16


@dataclass
class Lanes:
    """`senders` seats for sends that have just begun, `per_host` for a host that has not shown that it answers."""

    senders: int
    per_host: int
    _under_way: dict[str, tuple[str, float]] = field(default_factory=dict)
    _to_host: dict[str, int] = field(default_factory=dict)
    _width: dict[str, int] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """The most that is ever under way, sleeping ones included: one thread each."""
        return self.senders * SLEEPERS

    @property
    def busy(self) -> list[str]:
        """The ids under way."""
        return list(self._under_way)

    def start(self, identifier: str, host: str, at: float) -> None:
        """One send begins."""
        self._under_way[identifier] = (host, at)
        self._to_host[host] = self._to_host.get(host, 0) + 1

    def end(self, identifier: str, answered: bool | None) -> None:
        """One send has ended: the host answered well (True), failed (False), or said no for this receiver alone (None)."""
        host, _ = self._under_way.pop(identifier)
        self._to_host[host] -= 1
        if not self._to_host[host]:
            del self._to_host[host]
        if answered:
            self._width[host] = min(self._width.get(host, self.per_host) + 1, self.widest(host))
        elif answered is False:
            self._width.pop(host, None)

    def widest(self, host: str) -> int:
        """The most at once to a host, however well it answers."""
        return max(self.per_host, WIDEST_FOR_MAIL if host == MAIL else WIDEST * self.senders)

    def free(self, at: float) -> int:
        """Seats for further sends."""
        seated = sum(1 for _, begun in self._under_way.values() if at - begun < PATIENCE)
        return max(0, min(self.senders - seated, self.most - len(self._under_way)))

    def room(self, host: str) -> int:
        """How many more may go to this host."""
        return max(0, self._width.get(host, self.per_host) - self._to_host.get(host, 0))

    def next_seat(self, at: float) -> float | None:
        """Seconds until a waiting send gives up its seat; None when there is none to give."""
        ages = [at - begun for _, begun in self._under_way.values() if at - begun < PATIENCE]
        return PATIENCE - max(ages) if ages and len(self._under_way) < self.most else None
