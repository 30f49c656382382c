"""Drawn eyes to train on: people, eyewear, light, camera places and poses by chance, each eye as the product would cut it out.

``python -m models.training.eye_pictures SEED PEOPLE OUT.npz [--turned]`` from the repository root; 30 pictures of each person,
some 2 s of a core. ``--turned``: with open eyes in turned heads (side_gaze), else with lids of all kinds (lids). None of the
twelve named people of the bench is among them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from driver_monitor.bench.virtual_driver.asset import Asset
from driver_monitor.bench.virtual_driver.camera import Place
from driver_monitor.bench.virtual_driver.light import LIGHTS, Light, LightKind
from driver_monitor.bench.virtual_driver.pose import Pose
from driver_monitor.bench.virtual_driver.render import Conditions, VirtualDriver
from driver_monitor.bench.virtual_driver.sensor import Sensor
from driver_monitor.bench.virtual_driver.subject import Subject
from driver_monitor.model_store import model_path
from driver_monitor.perception.eye_patches import CORNERS, look_at_eye
from driver_monitor.perception.face import measure_face
from driver_monitor.perception.face_landmarks.choice import open_face
from driver_monitor.perception.side_gaze import facts
from driver_monitor.settings import Face
from driver_monitor.signals import NS_PER_S, Angles, CameraFrame

SIZE, SPAN = (48, 32), (1.6, 1.1)
"""A little more of the eye than the network sees, so that training may shift and turn it."""

EYE_WIDTH_MM = 30.0
_LEAST_WIDTH_PX = 50.0
_MOST_YAW = 72.0
_SCENES, _EACH = 3, 10
_KINDS: tuple[LightKind, ...] = ("day", "side_sun", "dusk", "dusk", "infrared", "infrared", "night")
_PLACES: tuple[Place, ...] = ("column", "column", "cluster", "cluster", "mirror", "a_pillar")
_TURNED: dict[Place, float] = {"mirror": -9.0, "a_pillar": 7.5}

_T = TypeVar("_T")
Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class Label:
    """What one eye's picture shows: whose eye, the gap over ``EYE_WIDTH_MM``, and the landmarks' aspect ratio beside it; the lids
    as a share of the own open eye, the eye's yaw in the head to the nose's side, degrees, and what the landmarks say of it; and
    where the head is (:func:`~driver_monitor.perception.side_gaze.facts`).
    """

    person: int
    gap: float
    ear: float
    lids: float
    yaw: float
    yaw_by_landmarks: float
    facts: list[float]

    def row(self) -> list[float]:
        """All of it as figures."""
        return [self.person, self.gap, self.ear, self.lids, self.yaw, self.yaw_by_landmarks, *self.facts]


def one_of(random: Random, *choices: _T) -> _T:
    """One of these, all alike."""
    return choices[int(random.integers(len(choices)))]


def some_person(random: Random) -> Subject:
    """Anybody."""
    u = random.uniform
    mixed = tuple(random.dirichlet((1, 1, 1)))
    african, asian, _ = one_of(random, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), mixed, mixed)
    male = u(0.0, 1.0)
    worn: dict[str, Any] = {"glasses": one_of(random, "none", "none", "none", "clear", "clear", "dark"), "rim_mm": u(0.8, 5.0)}
    if worn["glasses"] == "dark":
        worn |= {"transmittance": u(0.12, 0.7), "infrared_transmittance": u(0.4, 0.9)}
    return Subject.model_validate(
        worn
        | {
            "male": male,
            "age": u(0.0, 1.0),
            "african": float(african),
            "asian": float(asian),
            "weight": u(-1.0, 1.0),
            "skin_type": int(random.integers(4 if african > 0.6 else 1, 7)),
            "eyelid_mm": one_of(random, None, u(6.5, 12.0)),
            "eyes": one_of(random, "dark", "dark", "brown", "green", "blue", "grey"),
            "hair": one_of(random, "short", "long", "bald"),
            "hair_colour": one_of(random, "black", "black", "brown", "blond", "red", "grey", "white"),
            "beard": u(0.0, 1.0) * (male > 0.5),
            "brows": u(0.3, 1.3),
            "makeup": u(0.0, 1.0) * (male < 0.5),
            "seed": int(random.integers(1_000_000)),
        }
    )


def some_light(random: Random, kind: LightKind) -> Light:
    """A light of a kind, weaker or stronger."""
    light = LIGHTS[kind]
    light = replace(light, key=light.key * random.uniform(0.6, 1.4), ambient=light.ambient * random.uniform(0.6, 1.4))
    if kind != "side_sun":
        return light
    return replace(light, direction=(one_of(random, 1.0, -1.0), random.uniform(0.2, 0.6), random.uniform(0.0, 0.5)))


def some_pose(random: Random, place: Place) -> Pose:
    """Lids shut in a third, lowered gaze in nearly half; smiles, squints, open mouths and frowns now and then."""
    u, normal = random.uniform, random.normal

    def within(value: float, low: float, high: float) -> float:
        return max(low, min(high, value))

    lid = one_of(random, 0.0, 0.0, 0.0, u(0.0, 0.5), u(0.0, 1.0), u(0.7, 1.0), 1.0, 1.0, 1.0)
    wink = random.random() < 0.05
    pitch = u(-32.0, -10.0) if random.random() < 0.45 else within(normal(-2.0, 7.0), -30.0, 15.0)
    head = Angles(
        within(normal(_TURNED.get(place, 0.0), 26.0), -68.0, 68.0),
        within(normal(-7.0, 13.0), -42.0, 20.0),
        within(normal(0.0, 13.0), -45.0, 45.0),
    )
    units: dict[str, float] = {}
    for chance, parts in (
        (0.2, {"mouthSmile": 0.8, "cheekSquint": 0.5}),
        (0.15, {"eyeSquint": 0.9}),
        (0.15, {"browDown": 1.0}),
    ):
        if random.random() < chance:
            strength = u(0.1, 1.0)
            units |= {f"{name}{side}": strength * share for name, share in parts.items() for side in ("Left", "Right")}
    if random.random() < 0.1:
        units["jawOpen"] = u(0.2, 1.0)
    return Pose(
        head=head,
        eyes=Angles(within(normal(0.0, 18.0), -38.0, 38.0), pitch),
        lids=(lid, 1.0 - lid if wink else lid),
        units=units,
        shift_mm=(u(-120.0, 120.0), u(-90.0, 30.0), u(-40.0, 60.0)),
    )


def turned_pose(random: Random, place: Place) -> Pose:
    """Heads turned aside, with eyes that go any way and are mostly open."""
    u, pose = random.uniform, some_pose(random, place)
    way, lid = one_of(random, 1.0, -1.0), one_of(random, 1.0, 1.0, 1.0, u(0.35, 1.0))
    pitch = u(-30.0, -10.0) if random.random() < 0.2 else min(20.0, random.normal(-3.0, 7.0))
    head = replace(pose.head, yaw=way * (u(12.0, 62.0) if random.random() < 0.85 else u(0.0, 15.0)))
    return replace(pose, head=head, eyes=Angles(u(-37.0, 37.0), pitch), lids=(lid, lid))


def eyes_of(
    people: int, seed: int, posed: Callable[[Random, Place], Pose] = some_pose
) -> Iterator[tuple[NDArray[np.uint8], Label]]:
    """Patches (32, 48) with what they show, of so many people."""
    import cv2

    random = np.random.default_rng(seed)
    asset = Asset.load(model_path("virtual-driver"))
    detector = open_face(model_path("face_landmarker"), Face(backend="litert"))
    t_ns = 0
    for k in range(people):
        driver = VirtualDriver(asset, some_person(random))
        for kind in random.choice(_KINDS, _SCENES, replace=False):
            place, nearer, noise = one_of(random, *_PLACES), random.uniform(0.85, 1.25), random.uniform(0.5, 2.0)
            light = some_light(random, kind)
            for _ in range(_EACH):
                pose = posed(random, place)
                blur = one_of(random, 0.0, 0.0, 0.0, random.uniform(1.0, 4.0))
                sensor = Sensor(noise=noise, blur_px=blur, blur_deg=random.uniform(0.0, 180.0))
                conditions = Conditions(place, nearer=nearer, light=light, sensor=sensor, seed=int(random.integers(1 << 30)))
                image, truth = driver.render(pose, conditions)
                for _ in range(2):  # the landmarks lag by one picture
                    t_ns += NS_PER_S // 10
                    found = detector.detect(CameraFrame(t_ns, image))
                face = measure_face(t_ns, found, None, _LEAST_WIDTH_PX)
                left, right, eyes = face.left_eye, face.right_eye, face.eye_in_head
                if found is None or left is None or right is None or eyes is None:
                    continue
                if face.head is None or abs(face.head.yaw) > _MOST_YAW:
                    continue
                gray = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
                a, b, c, d = found.points(CORNERS)
                gap_l, gap_r = truth.aperture_mm
                lids_l, lids_r = pose.lids
                for gap, lids, read, ends in ((gap_r, lids_r, right, (a, b)), (gap_l, lids_l, left, (c, d))):
                    mirrored = read is left
                    yaw, marks = (-pose.eyes.yaw, -eyes.yaw) if mirrored else (pose.eyes.yaw, eyes.yaw)
                    about = facts(face, mirrored=mirrored)
                    patch = look_at_eye(gray, *ends, mirrored=mirrored, size=SIZE, span=SPAN)
                    yield patch, Label(seed * 100_000 + k, gap / EYE_WIDTH_MM, read.ear, lids, yaw, marks, about)


def main() -> None:
    """Draw and keep."""
    parser = argparse.ArgumentParser(description="Draw eyes to train on.")
    parser.add_argument("seed", type=int)
    parser.add_argument("people", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--turned", action="store_true")
    given = parser.parse_args()
    patches, labels = zip(*eyes_of(given.people, given.seed, turned_pose if given.turned else some_pose), strict=True)
    np.savez_compressed(given.out, patches=np.stack(patches), labels=np.array([label.row() for label in labels], np.float32))
    print(f"{len(patches)} eyes of {given.people} people: {given.out}")


if __name__ == "__main__":
    main()
