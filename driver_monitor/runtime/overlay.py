"""What is drawn on a picture of the annotated video: what was read off it, and a panel with states and alerts beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from driver_monitor.alerts.words import reason, spoken
from driver_monitor.runtime.summary import clock
from driver_monitor.signals import (
    LEVELS,
    NS_PER_S,
    Alert,
    Angles,
    CameraFrame,
    DriverState,
    Event,
    Level,
    Report,
    StateName,
    seconds,
)

if TYPE_CHECKING:
    from driver_monitor.monitor import View


Image = NDArray[np.uint8]
Colour = tuple[int, int, int]  # RGB

_GROUND: Colour = (18, 21, 26)
_TRACK: Colour = (48, 54, 63)
_INK: Colour = (236, 239, 244)
_DIM: Colour = (150, 158, 170)
_OPEN: Colour = (94, 211, 125)
_SHUT: Colour = (255, 82, 82)
_HEAD: Colour = (255, 255, 255)
_GAZE: Colour = (76, 201, 240)
_HAND: Colour = (233, 30, 200)
_LEARN: Colour = (255, 196, 84)
_LEVEL: dict[Level, Colour] = {
    "advice": (76, 159, 240),
    "caution": (245, 197, 66),
    "warning": (255, 138, 48),
    "critical": (229, 40, 55),
}

# MediaPipe's own numbers of the 478 points; left and right are the driver's
_RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
_LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
_INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
_NOSE_TIP = 1
_FINGERS = ((0, 1, 2, 3, 4), (0, 5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (0, 17, 18, 19, 20), (5, 9, 13, 17))  # of 21

_PICTURE_HEIGHTS = (540, 1080)  # smaller pictures are drawn larger, larger ones smaller
_PANEL_SHARE = 300 / 540  # the panel's width over the picture's height
_EVENT_S = 4.0  # an event that has ended is shown this long


class Overlay:
    """Draws what the Monitor saw; keeps the last states, the open alerts and the recent events."""

    def __init__(self, size: tuple[int, int]) -> None:
        width, height = size
        shown = min(max(height, _PICTURE_HEIGHTS[0]), _PICTURE_HEIGHTS[1])
        self._scale = shown / height
        self._picture = (_even(width * self._scale), _even(shown))
        self._panel = _even(shown * _PANEL_SHARE)
        self._unit = shown / 540.0
        self.out_size = (self._picture[0] + self._panel, self._picture[1])
        self._states: dict[StateName, DriverState] = {}
        self._alerts: dict[int, Alert] = {}
        self._events: dict[tuple[str, int], Event] = {}

    def note(self, reports: Iterable[Report]) -> None:
        """Remember what is to be shown."""
        for report in reports:
            match report:
                case DriverState():
                    self._states[report.state] = report
                case Alert() if report.action == "cleared":
                    self._alerts.pop(report.id, None)
                case Alert():
                    self._alerts[report.id] = report
                case Event():
                    self._events[(report.name, report.start_ns)] = report

    def draw(self, frame: CameraFrame, view: View | None) -> Image:
        """The picture with its panel, RGB, ``out_size`` large."""
        import cv2

        canvas: Image = np.full((self.out_size[1], self.out_size[0], 3), _GROUND, dtype=np.uint8)
        shrinking = cv2.INTER_AREA if self._scale < 1.0 else cv2.INTER_CUBIC
        picture = np.asarray(cv2.resize(frame.image, self._picture, interpolation=shrinking), dtype=np.uint8)
        if view is not None and view.t_ns == frame.t_ns:
            self._draw_face(picture, view)
            self._draw_hands(picture, view)
        else:
            view = None
        alert = self._loudest()
        if alert is not None:
            edge = max(3, round(5 * self._unit))
            cv2.rectangle(picture, (0, 0), (self._picture[0] - 1, self._picture[1] - 1), _LEVEL[alert.level], edge)
        canvas[:, : self._picture[0]] = picture
        self._draw_panel(canvas, frame.t_ns, view, alert)
        return canvas

    # -------------------------------------------------------------------------------------------------------- the face

    def _draw_face(self, image: Image, view: View) -> None:
        import cv2

        if view.landmarks is None:
            return
        points = view.landmarks[:, :2] * self._scale
        if not np.isfinite(points).all():
            return
        thin = max(1, round(1.4 * self._unit))
        low, high = points.min(axis=0), points.max(axis=0)
        self._corners(image, low, high, thin)
        for eye, openness in ((_LEFT_EYE, view.openness[0]), (_RIGHT_EYE, view.openness[1])):
            cv2.polylines(image, [_fixed(points[list(eye)])], True, _lid(openness, view.closed), thin, cv2.LINE_AA, _SHIFT)
        cv2.polylines(image, [_fixed(points[list(_INNER_LIPS)])], True, _DIM, thin, cv2.LINE_AA, _SHIFT)
        reach = 0.55 * float(high[0] - low[0])
        if view.face is not None and view.face.head is not None:
            self._arrow(image, points[_NOSE_TIP], view.face.head, reach, _HEAD, thin)
        if view.gaze is not None:
            between = points[[*_LEFT_EYE, *_RIGHT_EYE]].mean(axis=0)
            self._arrow(image, between, view.gaze, reach, _GAZE, thin + 1)

    def _draw_hands(self, image: Image, view: View) -> None:
        """Hands as the last look at them found them."""
        import cv2

        thin = max(1, round(1.4 * self._unit))
        for hand in view.hands:
            points = hand * self._scale
            for finger in _FINGERS if np.isfinite(points).all() else ():
                cv2.polylines(image, [_fixed(points[list(finger)])], False, _HAND, thin, cv2.LINE_AA, _SHIFT)

    def _corners(self, image: Image, low: NDArray[np.float32], high: NDArray[np.float32], thin: int) -> None:
        """The face's box, drawn by its corners only: the face stays visible."""
        import cv2

        arm = 0.16 * (high - low)
        for x, sx in ((low[0], 1), (high[0], -1)):
            for y, sy in ((low[1], 1), (high[1], -1)):
                corner = np.array([[x + sx * arm[0], y], [x, y], [x, y + sy * arm[1]]])
                cv2.polylines(image, [_fixed(corner)], False, _INK, thin, cv2.LINE_AA, _SHIFT)

    def _arrow(self, image: Image, start: NDArray[np.float32], to: Angles, reach: float, colour: Colour, thick: int) -> None:
        """A direction as seen by the camera: the driver's left is the picture's right."""
        import cv2

        dx = math.sin(math.radians(to.yaw)) * reach
        dy = -math.sin(math.radians(to.pitch)) * reach
        x, y = float(start[0]), float(start[1])
        tip = (round(x + dx), round(y + dy))
        dot = max(2, round(2.5 * self._unit))
        cv2.circle(image, (round(x), round(y)), dot, colour, -1, cv2.LINE_AA)
        if math.hypot(dx, dy) > 3 * dot:
            cv2.arrowedLine(image, (round(x), round(y)), tip, colour, thick, cv2.LINE_AA, tipLength=0.25)

    # ------------------------------------------------------------------------------------------------------- the panel

    def _draw_panel(self, canvas: Image, t_ns: int, view: View | None, alert: Alert | None) -> None:
        pen = _Pen(canvas, self._picture[0], self._panel, self._unit)
        pen.text(16, 36, clock(seconds(t_ns)), 24, _INK, 600)
        pen.text(284, 36, "driver monitor", 12, _DIM, 400, right=True)
        self._draw_eyes(pen, view)
        self._draw_gaze(pen, view)
        self._draw_states(pen)
        self._draw_foot(pen, t_ns, view, alert)

    def _draw_eyes(self, pen: _Pen, view: View | None) -> None:
        pen.text(16, 62, "EYES", 11, _DIM, 600)
        closed = None if view is None else view.closed
        word, colour = {True: ("closed", _SHUT), False: ("open", _OPEN), None: ("not seen", _DIM)}[closed]
        pen.text(284, 62, word, 13, colour, 700, right=True)
        for row, (name, openness) in enumerate(zip("LR", (None, None) if view is None else view.openness, strict=True)):
            y = 80 + 18 * row
            pen.text(16, y, name, 12, _INK, 500)
            pen.bar(34, y - 9, 206, 9, openness, _lid(openness, closed))
            pen.text(284, y, _figure(openness), 12, _INK, 500, right=True)
        mouth = None if view is None or view.face is None else view.face.mouth_ratio
        pen.text(16, 120, "MOUTH", 11, _DIM, 600)
        pen.bar(66, 111, 174, 9, mouth, _INK)
        pen.text(284, 120, _figure(mouth), 12, _INK, 500, right=True)

    def _draw_gaze(self, pen: _Pen, view: View | None) -> None:
        gaze = None if view is None else view.gaze
        head = None if view is None or view.face is None else view.face.head
        pen.text(16, 148, "GAZE", 11, _DIM, 600)
        pen.text(16, 168, spoken(view.zone) if view is not None and view.zone is not None else "—", 15, _GAZE, 600)
        pen.text(16, 188, f"yaw, pitch  {_attitude(gaze)}", 11, _INK, 400)
        pen.text(16, 204, f"head  {_attitude(head)}", 11, _DIM, 400)
        pen.dial(240, 172, 34, gaze)

    def _draw_states(self, pen: _Pen) -> None:
        pen.text(16, 234, "STATES", 11, _DIM, 600)
        pen.text(284, 234, "value · confidence", 10, _DIM, 400, right=True)
        for row, name in enumerate(get_args(StateName)):
            state = self._states.get(name)
            value = None if state is None else state.value
            y = 254 + 26 * row
            pen.text(16, y, name, 12, _INK if value is not None else _DIM, 500)
            sure = "—" if state is None or value is None else f"{value:.2f} · {state.confidence:.2f}"
            pen.text(284, y, sure, 11, _INK if value is not None else _DIM, 500, right=True)
            pen.bar(16, y + 5, 268, 6, value, _grade(name, value))
        fatigue = self._states.get("fatigue")
        kss = None if fatigue is None else fatigue.kss
        pen.text(16, 392, "Karolinska sleepiness (1–9)", 11, _DIM, 400)
        pen.text(284, 392, "—" if kss is None else f"{kss:.1f}", 14, _INK, 600, right=True)

    def _draw_foot(self, pen: _Pen, t_ns: int, view: View | None, alert: Alert | None) -> None:
        """Alert, or what is being learned; above it what just happened."""
        pen.text(16, 412, self._happening(t_ns), 11, _OPEN, 500)
        if alert is not None:
            answered = " · answered" if alert.action == "acknowledged" else ""
            pen.banner(422, 530, _LEVEL[alert.level], f"{alert.level.upper()}: {spoken(alert.kind)}{answered}", reason(alert))
        elif view is not None and view.learning:
            pen.text(16, 436, "LEARNING THE DRIVER", 11, _LEARN, 600)
            for row, what in enumerate(view.learning[:3]):
                pen.text(16, 454 + 16 * row, what.removeprefix("learning "), 12, _LEARN, 400)
        if view is None or view.landmarks is None:
            why = view.face.reason if view is not None and view.face is not None else None
            if alert is None:
                pen.text(16, 520, why or "no face in the picture", 12, _SHUT, 500)

    def _loudest(self) -> Alert | None:
        return max(self._alerts.values(), key=lambda a: (LEVELS.index(a.level), a.t_ns, a.id), default=None)

    def _happening(self, t_ns: int) -> str:
        """The events that last or have just ended, newest first."""
        for key, event in list(self._events.items()):
            if event.end_ns is not None and t_ns - event.end_ns > _EVENT_S * NS_PER_S:
                del self._events[key]
        words = []
        for event in sorted(self._events.values(), key=lambda e: -e.start_ns)[:3]:
            end_ns = t_ns if event.end_ns is None else event.end_ns
            words.append(f"{spoken(event.name)} {max(0.0, seconds(end_ns - event.start_ns)):.1f} s")
        return "  ·  ".join(words)


class _Pen:
    """Draws in the panel; places and sizes are in units of a panel 300 wide and 540 high."""

    def __init__(self, canvas: Image, left: int, width: int, unit: float) -> None:
        import cv2

        self._canvas = canvas
        self._left = left
        self._right = left + width
        self._u = unit
        self._font = _font(cv2)

    def text(self, x: float, y: float, words: str, size: float, colour: Colour, weight: int, *, right: bool = False) -> None:
        """Words on one line, shortened to the panel's width."""
        import cv2

        px = max(8, round(size * self._u))
        room = (self._right - self._left) - 2 * round(16 * self._u) if not right else 10**6
        words = self._shortened(words, px, weight, room)
        at = self._left + round(x * self._u) - (self._width(words, px, weight) if right else 0)
        cv2.putText(self._canvas, words, (at, round(y * self._u)), colour, self._font, px, weight)

    def bar(self, x: float, y: float, width: float, height: float, share: float | None, colour: Colour) -> None:
        """A bar from 0 to 1; only its track where the value is not known."""
        import cv2

        x0, y0, x1, y1 = self._box(x, y, x + width, y + height)
        cv2.rectangle(self._canvas, (x0, y0), (x1, y1), _TRACK, -1)
        if share is not None and math.isfinite(share):
            end = x0 + round((x1 - x0) * max(0.0, min(1.0, share)))
            cv2.rectangle(self._canvas, (x0, y0), (max(end, x0 + 1), y1), colour, -1)

    def dial(self, x: float, y: float, radius: float, gaze: Angles | None) -> None:
        """Where the driver looks, as the driver sees it: ± 45 degrees, the road in the middle."""
        import cv2

        cx, cy = self._left + round(x * self._u), round(y * self._u)
        r = round(radius * self._u)
        cv2.circle(self._canvas, (cx, cy), r, _TRACK, max(1, round(1.5 * self._u)), cv2.LINE_AA)
        cv2.line(self._canvas, (cx - r, cy), (cx + r, cy), _TRACK, 1, cv2.LINE_AA)
        cv2.line(self._canvas, (cx, cy - r), (cx, cy + r), _TRACK, 1, cv2.LINE_AA)
        if gaze is None:
            return
        dx, dy = -gaze.yaw / 45.0, -gaze.pitch / 45.0  # the driver's left lies left
        far = max(1.0, math.hypot(dx, dy))
        spot = (cx + round(r * dx / far), cy + round(r * dy / far))
        cv2.circle(self._canvas, spot, max(3, round(4.5 * self._u)), _GAZE, -1, cv2.LINE_AA)

    def banner(self, top: float, bottom: float, colour: Colour, title: str, words: str) -> None:
        """A coloured box with a title and its reason below."""
        import cv2

        x0, y0, x1, y1 = self._box(10, top, 290, bottom)
        cv2.rectangle(self._canvas, (x0, y0), (x1, y1), colour, -1)
        ink: Colour = (255, 255, 255) if sum(colour) < 400 else (20, 20, 20)
        self.text(20, top + 22, title, 14, ink, 700)
        px = max(8, round(12 * self._u))
        for row, line in enumerate(self._wrapped(words, px, 400, x1 - x0 - round(20 * self._u))[:4]):
            self.text(20, top + 42 + 17 * row, line, 12, ink, 400)

    def _box(self, x0: float, y0: float, x1: float, y1: float) -> tuple[int, int, int, int]:
        return self._left + round(x0 * self._u), round(y0 * self._u), self._left + round(x1 * self._u), round(y1 * self._u)

    def _width(self, words: str, px: int, weight: int) -> int:
        import cv2

        box = cv2.getTextSize((0, 0), words, (0, 0), self._font, px, weight)
        return int(box[0] + box[2])

    def _shortened(self, words: str, px: int, weight: int, room: int) -> str:
        if self._width(words, px, weight) <= room:
            return words
        while words and self._width(words + "…", px, weight) > room:
            words = words[:-1]
        return words.rstrip() + "…"

    def _wrapped(self, words: str, px: int, weight: int, room: int) -> list[str]:
        lines = [""]
        for word in words.split():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and self._width(longer, px, weight) > room:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines


_SHIFT = 3  # cv2 takes points in fractions of 2^-3 pixels
_FONTS: dict[str, Any] = {}


def _font(cv2: Any) -> Any:
    """OpenCV's own built-in font: no font file is needed."""
    if "sans" not in _FONTS:
        _FONTS["sans"] = cv2.FontFace("sans")
    return _FONTS["sans"]


def _fixed(points: NDArray[Any]) -> NDArray[np.int32]:
    return np.round(points * (1 << _SHIFT)).astype(np.int32)


def _even(length: float) -> int:
    """Video encoders want even sides."""
    return max(2, round(length / 2) * 2)


def _lid(openness: float | None, closed: bool | None) -> Colour:
    if closed:
        return _SHUT
    if openness is None:
        return _DIM
    return _mix(_SHUT, _OPEN, openness)


def _grade(name: StateName, value: float | None) -> Colour:
    """From calm to alarming; responsiveness is the one that alarms when it is low."""
    if value is None:
        return _TRACK
    bad = 1.0 - value if name == "responsiveness" else value
    return _mix(_OPEN, _LEVEL["caution"], bad / 0.5) if bad < 0.5 else _mix(_LEVEL["caution"], _SHUT, (bad - 0.5) / 0.5)


def _mix(a: Colour, b: Colour, share: float) -> Colour:
    s = max(0.0, min(1.0, share))
    return (round(a[0] + (b[0] - a[0]) * s), round(a[1] + (b[1] - a[1]) * s), round(a[2] + (b[2] - a[2]) * s))


def _figure(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"


def _attitude(angles: Angles | None) -> str:
    return "—" if angles is None else f"{angles.yaw:+.0f}° {angles.pitch:+.0f}°"
