"""Distraction: one long glance, many short ones, gaze low in the car, and the AttenD attention buffer."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from driver_monitor import settings
from driver_monitor.estimators.evidence import ramp, state, term, timer, unknown
from driver_monitor.perception.gaze import GazeState
from driver_monitor.perception.gaze_zones import INSTRUMENTS, MIRRORS, Zone
from driver_monitor.signals import Condition, DriverState, nanoseconds, seconds

_BLINK_S = 0.8  # a blink (up to 0.5 s) with the lids' way down and up; a longer gap is closed eyes or a lost face, and ...
_MOVE_S = 0.2  # ... only the move itself belongs to what comes after it
_TURNED_S = 10.0  # a face lost by turning away is still turned away for so long; then it is not visible
_HIDDEN_S = 3.0  # gaze not known for longer: the timers cannot be told
_FAR: frozenset[Zone] = frozenset(
    {"left_window", "right_window", "passenger", "left_mirror", "right_mirror", "rear_mirror", "up", "lap", "centre_stack"}
)
_MIRROR_DEG = 45.0  # a face lost beyond this yaw has turned to the side
_PASSING_S = 0.3  # on the way to a mirror the gaze passes over other places, in all for less than this ...
_PICTURE_S = 0.1  # ... of what pictures show: a blink between two shows nothing
_PRIOR = -4.0
_DEGRADED = 0.5  # seen less well than this: the "degraded conditions" of ADDW
_LOOK_S = 0.15  # a change between road and away that is over sooner is an artefact, and counts as what was before


class _OffRoadTimer:
    """Time looking away since the road was last really looked at; shorter looks at it neither count nor reset."""

    def __init__(self, reset_s: float) -> None:
        self._reset_ns = nanoseconds(reset_s)
        self._off_ns = 0
        self._road_ns = 0

    @property
    def off_s(self) -> float:
        return seconds(self._off_ns)

    def step(self, dt_ns: int, away: bool) -> None:
        if away:
            self._off_ns += dt_ns
            self._road_ns = 0
        else:
            self._road_ns += dt_ns
            if self._road_ns >= self._reset_ns:
                self._off_ns = 0


class Distraction:
    """Gaze in, the distraction state and its conditions out. Speed gates and indicator rules are the alert policy's."""

    def __init__(self, distraction: settings.Distraction, lap_pitch_deg: float) -> None:
        self._d = distraction
        self._lap_pitch_deg = lap_pitch_deg
        self._away = _OffRoadTimer(distraction.reset_s)
        self._low = _OffRoadTimer(distraction.reset_s)
        self._window: deque[tuple[int, int]] = deque()  # (time, time off road), ns
        self._sharing_ns = 0
        self._road_ns = 0
        self._buffer_s = distraction.attend_buffer_s
        self._glance_ns = 0
        self._elsewhere = False  # this time off the road was spent on more than mirrors and cluster
        self._passing_ns = 0  # for so long seen on another place, perhaps on the way ...
        self._check_ns = 0  # ... and for so long on a mirror or the cluster
        self._checked = False  # since the road: what was passed after it was the way back
        self._last: GazeState | None = None
        self._away_now = False
        self._settled: tuple[Zone, float] = ("road", 0.0)  # zone and pitch of the last picture that was counted
        self._doubtful: list[tuple[int, int, Zone, float]] = []  # pictures since a change that may be an artefact
        self._seen_ns: int | None = None
        self._hidden_ns: int | None = None  # the first picture since then that told no gaze
        self._found_ns: int | None = None  # the face was last there
        self._held: set[str] = set()
        self._trusted = False

    def picture(self, gaze: GazeState, trusted: bool) -> None:
        """Take one picture's gaze. Where it is not known (a blink, a lost frame) the last known zone goes on for a while."""
        self._trusted = trusted
        asked = gaze
        if gaze.face_lost and self._turned_away(gaze):
            assert self._last is not None
            gaze = replace(self._last, t_ns=gaze.t_ns, zone=self._beyond(gaze), head_only=True)
        if gaze.zone is None or gaze.direction is None:
            self._hidden_ns = gaze.t_ns if self._hidden_ns is None else self._hidden_ns
            return
        hidden_ns, self._hidden_ns = self._hidden_ns, None
        self._found_ns = self._found_ns if gaze is not asked else gaze.t_ns
        last, self._last = self._last, gaze
        self._seen_ns = gaze.t_ns
        if last is None or not trusted:
            self._doubtful = []  # what was away from a straight-ahead still being learned was perhaps the road
            return
        # a move belongs to where it leads (ISO 15007). One made in a blink is not seen: a look away began in its middle, for all
        # that is known, and before a look back the gaze was in doubt still away
        gap_ns, move_ns = gaze.t_ns - last.t_ns, nanoseconds(_MOVE_S)
        # from the first picture that hid it: the one before was still seen, however long ago at a low rate
        blink = gaze.t_ns - (last.t_ns if hidden_ns is None else hidden_ns) <= nanoseconds(_BLINK_S)
        away = gaze.zone != "road"
        # behind lids that hid the gaze for longer, a head that points off the road tells since when the look has lasted
        led_ns = 0 if gaze.head_away_ns is None or not away else gaze.t_ns - gaze.head_away_ns
        dt_ns = gap_ns if blink else min(gap_ns, led_ns + move_ns)
        before = self._before(last)
        if blink and dt_ns > move_ns and away != (before[0] != "road"):
            before_ns = (gap_ns - move_ns) // 2 if away else gap_ns - move_ns
            dt_ns = gap_ns - before_ns
            self._doubtful.append((gaze.t_ns - dt_ns, before_ns, *before))
        self._doubtful.append((gaze.t_ns, dt_ns, gaze.zone, gaze.direction.pitch))
        if away == self._away_now:
            # as before: what lay between was an artefact
            self._settle([(t_ns, span_ns, gaze.zone, gaze.direction.pitch) for t_ns, span_ns, _, _ in self._doubtful])
        elif gaze.t_ns - next(t_ns for t_ns, _, zone, _ in self._doubtful if (zone != "road") == away) >= nanoseconds(_LOOK_S):
            self._away_now = away
            if away:
                self._glance_ns = 0
            self._settle(self._doubtful)

    def _before(self, last: GazeState) -> tuple[Zone, float]:
        """Where the gaze was before it was hidden: what was seen for a moment may have been of the lids on their way down."""
        away = last.zone != "road"
        told_ns = sum(span_ns for _, span_ns, zone, _ in self._doubtful if (zone != "road") == away)
        if last.zone is None or last.direction is None or (away != self._away_now and told_ns < nanoseconds(_LOOK_S)):
            return self._settled
        return last.zone, last.direction.pitch

    def _turned_away(self, lost: GazeState) -> bool:
        """The face was lost while looking far aside or up, or on its way there: it has turned further, not come back."""
        last = self._last
        if last is None or last.direction is None or self._found_ns is None:
            return False
        # a far look of a moment was perhaps none: of a face that leaves the picture the landmarks lag behind
        zone, _ = self._before(last)
        far = zone in _FAR or (last.turned and last.zone != "road") or lost.lost_to is not None
        return far and lost.t_ns - self._found_ns <= nanoseconds(_TURNED_S)

    def _beyond(self, lost: GazeState) -> Zone | None:
        """Where a head that turned out of sight looks: past the mirrors, whose looks it can be seen to make."""
        last = self._last
        assert last is not None and last.direction is not None
        passing = last.zone == "road" or last.zone in MIRRORS or last.zone in INSTRUMENTS
        if passing and lost.lost_to is not None:
            return lost.lost_to
        if abs(last.direction.yaw) < _MIRROR_DEG and not (passing and last.turned):
            return last.zone
        return "left_window" if last.direction.yaw > 0.0 else "right_window"

    def _settle(self, pictures: list[tuple[int, int, Zone, float]]) -> None:
        for t_ns, span_ns, zone, pitch in pictures:
            self._count(t_ns, span_ns, zone, pitch)
            self._settled = zone, pitch
        self._doubtful = []

    def _count(self, t_ns: int, dt_ns: int, zone: Zone, pitch: float) -> None:
        d, dt = self._d, seconds(dt_ns)
        away = zone != "road"
        if self._away.off_s == 0.0:
            self._elsewhere, self._passing_ns = False, 0
        self._away.step(dt_ns, away)
        self._low.step(dt_ns, pitch < self._lap_pitch_deg)
        check = zone in MIRRORS or zone in INSTRUMENTS
        self._pass(dt_ns, check if away else None)
        if away:
            self._glance_ns += dt_ns
            self._road_ns = 0
            self._window.append((t_ns, dt_ns))
            self._sharing_ns += dt_ns
            if not (check and self._glance_ns <= nanoseconds(d.attend_free_s)):
                self._buffer_s = max(0.0, self._buffer_s - dt)
        else:
            self._road_ns += dt_ns
            self._buffer_s = min(d.attend_buffer_s, self._buffer_s + dt)
            if self._road_ns >= nanoseconds(d.sharing_reset_s):
                self._window.clear()
                self._sharing_ns = 0
        while self._window and t_ns - self._window[0][0] > nanoseconds(d.sharing_window_s):
            self._sharing_ns -= self._window.popleft()[1]

    def _pass(self, dt_ns: int, check: bool | None) -> None:
        """Tell a stay from passing by; ``check``: on a mirror or the cluster (a moment ends no stay), ``None``: on the road."""
        span_ns = min(dt_ns, nanoseconds(_PICTURE_S))
        if check is None:
            if self._checked:
                self._passing_ns = 0
            self._check_ns, self._checked = 0, False
        elif check:
            self._check_ns += span_ns
            if self._check_ns >= nanoseconds(_LOOK_S):
                self._passing_ns, self._checked = 0, True
        else:
            self._check_ns = 0
            self._passing_ns += span_ns
            self._elsewhere = self._elsewhere or self._passing_ns >= nanoseconds(_PASSING_S)

    @property
    def _checks_only(self) -> bool:
        return not self._elsewhere

    @property
    def on_road(self) -> bool | None:
        """The last gaze that was told was on the road; ``None`` before any."""
        return None if self._last is None or self._last.zone is None else self._last.zone == "road"

    def _known(self, t_ns: int) -> bool:
        return self._trusted and self._seen_ns is not None and seconds(t_ns - self._seen_ns) <= _HIDDEN_S

    def conditions(self, t_ns: int, speed_kmh: float | None, seen: float = 1.0) -> list[Condition]:
        """The conditions now; cheap enough for every picture. ``seen`` is how well the driver is seen, 0 to 1."""
        known = self._known(t_ns)
        return [self._long(known, speed_kmh, seen), self._sharing(known)]

    def state(self, t_ns: int) -> DriverState:
        """The state now."""
        d = self._d
        if not self._known(t_ns) or self._last is None or self._last.direction is None:
            reason = "gaze is not known" if self._trusted or self._seen_ns is None else "learning straight-ahead"
            return unknown(t_ns, "distraction", reason)
        limit = d.long_mirror_s if self._checks_only else d.long_glance_s
        away, shared = self._away.off_s, seconds(self._sharing_ns)
        empty = 1.0 - self._buffer_s / d.attend_buffer_s
        terms = [
            term("base rate", _PRIOR, None, ""),
            term("eyes off road", 6.0 * ramp(away, 0.3 * limit, limit), away, "s"),
            term(f"off road in {d.sharing_window_s:.0f} s", 4.0 * ramp(shared, 2.0, d.sharing_off_s), shared, "s"),
            term("AttenD buffer spent", 2.0 * empty, empty, "share"),
        ]
        return state(t_ns, "distraction", terms, 0.5 if self._last.head_only else 0.9)

    def _long(self, known: bool, speed_kmh: float | None, seen: float) -> Condition:
        d = self._d
        away, low = self._away.off_s, self._low.off_s
        limit = d.long_mirror_s if self._checks_only and away > 0.0 else d.long_glance_s
        low_limit = self.low_limit_s(speed_kmh, seen)
        reached = away >= limit or low >= low_limit
        met = self._hold("long", reached, d.recovery_s, known)
        if low >= low_limit and away < limit:
            rule = f"gaze below the 30° plane ≥ {low_limit:g} s"
            source = "timed after (EU) 2023/2590 ADDW (secondary text)"
            evidence = timer("gaze low in the car", low, low_limit)
        else:
            where = "on a mirror or the cluster" if limit == d.long_mirror_s else "off the forward road"
            rule = f"one glance {where} ≥ {limit:g} s"
            source = "timed after Euro NCAP Driver Engagement v1.1 (secondary text)"
            evidence = timer("eyes off road", away, limit)
        return Condition("long_distraction", met, rule, source, (evidence,), ending=not (reached and self._away_now))

    def low_limit_s(self, speed_kmh: float | None, seen: float) -> float:
        """How long the gaze may be below the plane of ADDW area 3; an unknown speed takes the strictest limit."""
        d = self._d
        limit = d.area3_fast_s if speed_kmh is None or speed_kmh >= d.area3_fast_kmh else d.area3_slow_s
        return limit + (d.area3_degraded_s if seen < _DEGRADED else 0.0)

    def _sharing(self, known: bool) -> Condition:
        d, shared = self._d, seconds(self._sharing_ns)
        met = self._hold("sharing", shared >= d.sharing_off_s, d.clear_s, known)
        return Condition(
            "time_sharing",
            met,
            f"{d.sharing_off_s:g} s off road within {d.sharing_window_s:g} s",
            "timed after Euro NCAP Driver Engagement v1.1 (secondary text)",
            (timer("off road, summed", shared, d.sharing_off_s),),
            ending=shared < d.sharing_off_s,
        )

    def _hold(self, name: str, met: bool, road_s: float, known: bool) -> bool | None:
        """Once met, a condition ends only with ``road_s`` of road, and is not told while the gaze is hidden."""
        if not known:
            return None
        if met:
            self._held.add(name)
        elif self._road_ns >= nanoseconds(road_s) and name in self._held:
            self._held.discard(name)
            # an intervention has ended: what was summed before it is answered for
            self._held.discard("sharing")
            self._window.clear()
            self._sharing_ns = 0
        return name in self._held
