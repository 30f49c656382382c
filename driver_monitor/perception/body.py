"""The body by the face's place: slumping, with eyes that do not answer, and leaning out. The usual place is the driver's own."""

from __future__ import annotations

from driver_monitor import settings
from driver_monitor.perception.baseline import Learning, TimeHistogram
from driver_monitor.signals import NS_PER_S, Event, EventName, FaceMeasurement, Value, nanoseconds, seconds

_READ_NS = NS_PER_S // 5  # the face's place is learned five times a second: it moves slowly
_FIRST_S = 3.0  # a first usual place is used after this much
_PLACE_SPAN, _ROLL_SPAN = 0.10, 10.0  # the usual is the densest stretch of this width (picture widths, degrees)
_EYES_SHUT_S = 0.8  # longer than a blink: a driver who bends down with open eyes has not slumped
_TURNED_DEG = 45.0  # roll is not to be trusted beyond, and who turns aside like this sits up
_UPRIGHT_S = 0.5  # seen upright for so long, a slump is over
_GAP_S = 0.4  # a shorter doubt ends nothing
_LOST_ASIDE = 0.6  # a face lost beyond this share of leaning out has left the picture
_LOST_LOW = 0.5  # a face lost below this share of the sinking a slump needs has sunk on


class _Usual:
    """Where the face usually is: learned, then frozen in steps, so that a new seat position is learned within one more step."""

    def __init__(self, usual_s: float) -> None:
        self._usual_s = usual_s
        self._read_ns: int | None = None
        self.known = False
        self.x = self.y = self.width = self.roll = 0.0
        self._begin()

    def _begin(self) -> None:
        self._learning = Learning(self._usual_s, 0.5)
        self._x, self._y = TimeHistogram(0.0, 1.0, 100), TimeHistogram(0.0, 1.0, 100)
        self._width, self._roll = TimeHistogram(0.0, 1.0, 200), TimeHistogram(-60.0, 60.0, 120)

    def see(self, t_ns: int, x: float, y: float, width: float, roll: float) -> None:
        if self._read_ns is not None and t_ns - self._read_ns < _READ_NS:
            return
        self._read_ns = t_ns
        weight = self._learning.step(t_ns, usable=True)
        if weight <= 0.0:
            return
        self._x.add(x, weight)
        self._y.add(y, weight)
        self._width.add(width, weight)
        self._roll.add(roll, weight)
        done = self._learning.done
        if done or (not self.known and self._x.total >= _FIRST_S):
            self.x, self.y = self._x.densest(_PLACE_SPAN) or x, self._y.densest(_PLACE_SPAN) or y
            self.width, self.roll = self._width.densest(_PLACE_SPAN / 2.0) or width, self._roll.densest(_ROLL_SPAN) or 0.0
            self.known = True
        if done:
            self._begin()


class Body:
    """Finds slumps and leaning out in the face's place, size and tilt. Places are in face widths off the driver's usual one."""

    def __init__(self, body: settings.Body) -> None:
        self._body = body
        self._usual = _Usual(body.usual_s)
        self._slump = _Stretch("slump", body.slump_s)
        self._lean = _Stretch("lean_out", body.lean_s)
        self._upright_ns: int | None = None
        self._sinking = False  # low or tilted in the last picture that showed the face
        self._on_road: bool | None = None
        self._leaving = False  # well aside in the last picture that showed it
        self._drop = self._tilt = self._far = 0.0

    @property
    def slumped_since_ns(self) -> int | None:
        """When the slump that now lasts began, once it is one."""
        return self._slump.start_ns if self._slump.told else None

    def step(self, face: FaceMeasurement, eyes_closed_s: float, eyes_seen: bool, on_road: bool | None = None) -> list[Event]:
        """Take one picture.

        ``eyes_closed_s`` is how long the eyes have been seen closed, ``eyes_seen`` whether they can be, and ``on_road`` whether
        the gaze is on the road.
        """
        t_ns, centre, width, head = face.t_ns, face.centre, face.width, face.head
        if centre is None or width is None or head is None:
            # out of sight: a body that was sinking has sunk on, and who was leaning out is out
            return [*self._slump.step(t_ns, self._sinking, self._figures()), *self._lean.step(t_ns, self._leaving, self._aside())]
        usual, body = self._usual, self._body
        if not usual.known:
            usual.see(t_ns, *centre, width, head.roll)
            return []
        unit = max(usual.width, 1e-3)
        drop, aside = (centre[1] - usual.y) / unit, abs(centre[0] - usual.x) / unit
        turned = abs(head.yaw) > _TURNED_DEG
        tilt = 0.0 if turned else abs(head.roll - usual.roll)
        low = max(drop / body.slump_drop, tilt / body.slump_roll_deg)
        # behind dark glasses eyes may look open: who hangs aside and does not look at the road has slumped too, later
        self._on_road = self._on_road if on_road is None else on_road  # a blink hides the gaze
        hangs = tilt >= body.slump_roll_deg and self._on_road is False
        if self._slump.start_ns is None or low >= 1.0:
            self._drop, self._tilt = drop, tilt
        eyes_open = eyes_seen and eyes_closed_s < _EYES_SHUT_S
        answers = turned or (eyes_open and not hangs)
        leaning = aside >= body.lean_out or not body.lean_edge <= centre[0] <= 1.0 - body.lean_edge
        self._sinking = low >= _LOST_LOW and not answers
        self._far = aside if leaning else self._far
        self._leaving = aside >= _LOST_ASIDE * body.lean_out
        events = self._lean.step(t_ns, leaning, self._aside())
        least_s = body.slump_open_s if eyes_open else body.slump_s
        events += self._slump.step(t_ns, self._lies(t_ns, low, answers), self._figures(), least_ns=nanoseconds(least_s))
        if low < _LOST_LOW and not leaning:
            usual.see(t_ns, *centre, width, head.roll)
        return events

    def finish(self, t_ns: int) -> list[Event]:
        """The recording ends: report what still lasts."""
        slump = self._slump.step(t_ns, False, self._figures(), last=True)
        return [*slump, *self._lean.step(t_ns, False, self._aside(), last=True)]

    def _lies(self, t_ns: int, low: float, answers: bool) -> bool:
        """Low or tilted with eyes that do not answer; once slumped, until seen upright or with open eyes for a while."""
        if low >= 1.0 and not answers:
            self._upright_ns = None
            return True
        if not self._slump.told:
            return False
        self._upright_ns = t_ns if self._upright_ns is None else self._upright_ns
        return t_ns - self._upright_ns < nanoseconds(_UPRIGHT_S)

    def _aside(self) -> tuple[tuple[str, Value], ...]:
        return (("aside", round(self._far, 2)),)

    def _figures(self) -> tuple[tuple[str, Value], ...]:
        return (("drop", round(self._drop, 2)), ("tilt_deg", round(self._tilt, 1)))


class _Stretch:
    """A stretch of time in which something holds: an event when it has lasted long enough, and when it ends."""

    def __init__(self, name: EventName, least_s: float) -> None:
        self._name: EventName = name
        self._least_ns = nanoseconds(least_s)
        self.start_ns: int | None = None
        self._seen_ns = 0
        self.told = False

    def step(
        self,
        t_ns: int,
        holds: bool,
        detail: tuple[tuple[str, Value], ...],
        *,
        least_ns: int | None = None,
        last: bool = False,
    ) -> list[Event]:
        if holds:
            self.start_ns = t_ns if self.start_ns is None else self.start_ns
            self._seen_ns = t_ns
            if not self.told and t_ns - self.start_ns >= (self._least_ns if least_ns is None else least_ns):
                self.told = True
                return [Event(t_ns, self._name, self.start_ns, None)]
            return []
        if self.start_ns is not None and t_ns - self._seen_ns < nanoseconds(_GAP_S) and not last:
            return []
        start_ns, end_ns, told = self.start_ns, self._seen_ns, self.told
        self.start_ns, self.told = None, False
        if start_ns is None or not told:
            return []
        lasted = ("duration_s", round(seconds(end_ns - start_ns), 3))
        return [Event(t_ns, self._name, start_ns, end_ns, (lasted, *detail))]
