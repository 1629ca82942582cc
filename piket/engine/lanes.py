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
    """`senders` seats for sends that have just begun, `per_host` for a host that has not shown that it answers.

    What is held for a seat to come free (`hold`) takes its place in the lane of its host already.
    """

    senders: int
    per_host: int
    _hosts: dict[str, str] = field(default_factory=dict)
    _begun: dict[str, float] = field(default_factory=dict)
    _to_host: dict[str, int] = field(default_factory=dict)
    _width: dict[str, int] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """The most that is ever under way, sleeping ones included: one thread each."""
        return self.senders * SLEEPERS

    @property
    def busy(self) -> list[str]:
        """The ids that are held or under way."""
        return list(self._hosts)

    @property
    def held(self) -> int:
        """How many wait for a seat."""
        return len(self._hosts) - len(self._begun)

    def hold(self, identifier: str, host: str) -> None:
        """One is to be sent as soon as there is a seat."""
        self._hosts[identifier] = host
        self._to_host[host] = self._to_host.get(host, 0) + 1

    def start(self, identifier: str, host: str, at: float) -> None:
        """One send begins."""
        if identifier not in self._hosts:
            self.hold(identifier, host)
        self._begun[identifier] = at

    def end(self, identifier: str, answered: bool | None) -> None:
        """One has ended: the host answered well (True), failed (False), or said no for this receiver alone (None)."""
        host = self._hosts.pop(identifier)
        self._begun.pop(identifier, None)
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

    def seated(self, at: float) -> list[float]:
        """For how long those that still take a seat have been under way, the newest first."""
        ages = []
        # In the order in which they began, so that those who gave up their seat are not gone through every time.
        for begun in reversed(self._begun.values()):
            if at - begun >= PATIENCE:
                break
            ages.append(at - begun)
        return ages

    def free(self, at: float) -> int:
        """Seats for further sends."""
        return max(0, min(self.senders - len(self.seated(at)), self.most - len(self._begun)))

    def room(self, host: str) -> int:
        """How many more may go to this host."""
        return max(0, self._width.get(host, self.per_host) - self._to_host.get(host, 0))

    def next_seat(self, at: float) -> float | None:
        """Seconds until a waiting send gives up its seat; None when there is none to give."""
        ages = self.seated(at)
        return PATIENCE - ages[-1] if ages and len(self._begun) < self.most else None
