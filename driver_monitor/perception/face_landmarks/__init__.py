"""Face landmarks of one picture: one interface, two backends (MediaPipe, and our own pipeline on LiteRT).

Everything after it sees :class:`FaceLandmarks`; ``choice.py`` says which backend runs here.
"""

from driver_monitor.perception.face_landmarks.interface import FaceDetector, FaceLandmarks, Point
from driver_monitor.perception.face_landmarks.quiet import quiet

__all__ = ["FaceDetector", "FaceLandmarks", "Point", "quiet"]
