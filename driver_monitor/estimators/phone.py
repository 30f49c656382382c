"""Phone use: repeated looks at where a phone is held, a hand at the ear, and what an object detector says, summed."""

from __future__ import annotations

from collections import deque

from driver_monitor import settings
from driver_monitor.estimators.evidence import ramp, term
from driver_monitor.signals import (
    Condition,
    Event,
    HandMeasurement,
    Level,
    ObjectMeasurement,
    VoiceMeasurement,
    nanoseconds,
    seconds,
)

PLACES = frozenset({"lap", "phone"})
"""Zones of gaze where a phone is held: lap, knee and behind the wheel, and held up."""
_BESIDE = ("ear", "cheek", "eye")  # where the hand of a call may be found from look to look, once it was at the ear
_PRIOR = -4.0
_ALONE = -_PRIOR  # what one full sign adds: the sum is then 0, as likely as not
_LOOKS = 3.0  # what looks add at most where they may not alert alone: others look into their laps as well
_ENDS = -1.0  # an alert ends well below the threshold of 0
_SURE = 1.0  # two kinds of evidence together
_SHORTEST_S = 0.5  # a shorter look reads nothing
_GONE_S = 3.0  # a hand not at the ear for so long has gone
_STALE_S = 10.0  # no look at hands for so long: not known
_LISTENED_S = 10.0
_SOURCE = "phone use is a kind of visual time sharing: knee, lap, mount, wheel, ear (Euro NCAP, secondary text); weights: design"


class Phone:
    """Measurements in, one condition out. Looks that another alert has answered are forgotten: one look, one alarm."""

    def __init__(self, phone: settings.Phone) -> None:
        self._phone = phone
        self._looks: deque[tuple[int, float]] = deque()  # when each ended, and how long it was, s
        self._ear: tuple[int, int] | None = None  # first and last seen at the ear
        self._side: str | None = None
        self._hands_ns: int | None = None
        self._raised: deque[int] = deque()
        self._speech: deque[tuple[int, bool]] = deque()
        self._object: tuple[int, float, str] | None = None  # when, score, model
        self._met = False

    def events(self, events: list[Event]) -> None:
        """Take what has ended: looks at the places of a phone."""
        for event in events:
            if event.name != "glance" or event.end_ns is None:
                continue
            lasted = seconds(event.end_ns - event.start_ns)
            if lasted >= _SHORTEST_S and dict(event.detail).get("zone") in PLACES:
                self._looks.append((event.end_ns, lasted))

    def answered(self) -> None:
        """Another alert stands for these looks."""
        self._looks.clear()

    def hands(self, measured: HandMeasurement) -> None:
        """Take one look at the hands."""
        t_ns = self._hands_ns = measured.t_ns
        at_ear = next((hand for hand in measured.hands if hand.place == "ear"), None)
        if any(hand.place == "raised" for hand in measured.hands):
            self._raised.append(t_ns)
        if self._ear is None:
            if at_ear is not None:
                self._ear, self._side = (t_ns, t_ns), at_ear.side
        elif any(hand.place in _BESIDE and hand.side == self._side for hand in measured.hands):
            self._ear = (self._ear[0], t_ns)

    def voice(self, measured: VoiceMeasurement) -> None:
        """Take what the microphone hears; talking makes a hand at the ear a call."""
        if measured.speech is not None:
            self._speech.append((measured.t_ns, measured.speech >= 0.5))

    def objects(self, measured: ObjectMeasurement) -> None:
        """Take what an object detector has found."""
        score = max((score for label, score in measured.scores if label == self._phone.detector_label), default=0.0)
        self._object = measured.t_ns, score, measured.model

    def step(self, t_ns: int) -> Condition:
        """The condition now."""
        p = self._phone
        self._forget(t_ns)
        looks, looked_s = len(self._looks), sum(lasted for _, lasted in self._looks)
        ear_s = 0.0 if self._ear is None else seconds(self._ear[1] - self._ear[0])
        known = self._hands_ns is not None
        # of all looks at the hands, those that found one raised, while the driver looked at a phone's place
        raised = float(len(self._raised)) if looks > 0 else 0.0
        spoken = sum(heard for _, heard in self._speech) / len(self._speech) if self._speech else None
        talking = 0.0 if spoken is None or ear_s < p.ear_s else spoken
        terms = [
            term("base rate", _PRIOR, None, ""),
            term(
                "looks at the places of a phone",
                (_ALONE if p.looks_alone else _LOOKS) * ramp(looks, 1.0, p.looks) * ramp(looked_s, 0.0, p.looks_sum_s),
                float(looks),
                f"in {p.window_s:g} s",
            ),
            term("a hand raised meanwhile", 2.0 * ramp(raised, 0.0, 3.0), raised if known else None, "times"),
            term("a hand at the ear", _ALONE * ramp(ear_s, 0.0, p.ear_s), ear_s if known else None, "s"),
            term("talking meanwhile", 1.5 * ramp(talking, 0.1, 0.4), spoken, "share"),
        ]
        if self._object is not None:
            _, score, model = self._object
            half = p.detector_score / 2.0
            terms.append(term(f"a phone seen by {model}", _ALONE * ramp(score, half, p.detector_score), score, "score"))
        total = sum(evidence.contribution for evidence in terms)
        self._met = total >= (_ENDS if self._met else 0.0)
        level: Level = "caution" if total >= _SURE else "advice"
        strongest = max(terms[1:], key=lambda evidence: evidence.contribution)
        rule = f"signs of phone use (log-odds ≥ 0), foremost {strongest.term}"
        return Condition("phone", self._met, rule if self._met else "signs of phone use", _SOURCE, tuple(terms), level)

    def _forget(self, t_ns: int) -> None:
        window_ns = nanoseconds(self._phone.window_s)
        while self._looks and t_ns - self._looks[0][0] > window_ns:
            self._looks.popleft()
        while self._raised and t_ns - self._raised[0] > window_ns:
            self._raised.popleft()
        while self._speech and t_ns - self._speech[0][0] > nanoseconds(_LISTENED_S):
            self._speech.popleft()
        if self._hands_ns is not None and t_ns - self._hands_ns > nanoseconds(_STALE_S):
            self._hands_ns = self._ear = None
        # judged by looks: between two of them nothing is known to have changed
        if self._ear is not None and self._hands_ns is not None and self._hands_ns - self._ear[1] > nanoseconds(_GONE_S):
            self._ear = None
        if self._object is not None and t_ns - self._object[0] > nanoseconds(_STALE_S):
            self._object = None
