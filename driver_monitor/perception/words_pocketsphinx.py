"""Keyword spotting by PocketSphinx, on the device and without a network (extra ``speech``).

Only its keyword search runs: it has no transcript, only the phrases of the list against a loop of phones.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver_monitor.errors import ModelError, needs_extra
from driver_monitor.perception.words import Phrase, Topic

RATE_HZ = 16_000
_FRAME_S = 0.01


class PocketSphinxSpotter:
    """Finds phrases; ``model`` is a folder that holds an acoustic model and one ``.dict``, else PocketSphinx's own English."""

    def __init__(self, phrases: Sequence[Phrase], model: Path | None = None) -> None:
        try:
            import pocketsphinx
        except ImportError:
            raise ModelError(f"{needs_extra('words.enabled', 'speech')}, or set it to false") from None
        acoustic, words = _files(model) if model else (
            pocketsphinx.get_model_path("en-us/en-us"), pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")
        )  # fmt: skip
        self._topics: dict[str, Topic] = {phrase.text: phrase.topic for phrase in phrases}
        listing = os.memfd_create("phrases")  # it reads its list from a file only
        try:
            os.write(listing, "".join(f"{p.text} /{p.threshold}/\n" for p in phrases).encode())
            path = f"/proc/self/fd/{listing}"
            # the log would hold what it finds
            config = pocketsphinx.Config(hmm=str(acoustic), dict=str(words), kws=path, lm=None, loglevel="FATAL")
            self._decoder: Any = pocketsphinx.Decoder(config)
        except (RuntimeError, ValueError) as problem:
            raise ModelError(f"PocketSphinx cannot use the phrases or the model ({problem}); mend [words]") from None
        finally:
            os.close(listing)
        for word in sorted({word for phrase in phrases for word in phrase.text.split()}):
            if self._decoder.lookup_word(word) is None:  # it would pass over the phrase in silence
                raise ModelError(f"the word '{word}' of the phrases is not in {words}; take it out or give another model")
        self._open = False

    def begin(self) -> None:
        """A stretch of speech begins."""
        self._start()

    def step(self, samples: NDArray[np.float32]) -> Sequence[tuple[Topic, float]]:
        """What the next samples complete; the stretch then goes on as a new one, or it would be told again."""
        self._decoder.process_raw((np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes(), False, False)
        if self._decoder.hyp() is None:
            return []
        found = self.end()
        self._start()
        return found

    def end(self) -> Sequence[tuple[Topic, float]]:
        """The stretch is over: what is still found."""
        if not self._open:
            return []
        self._open = False
        self._decoder.end_utt()
        now = self._decoder.n_frames()
        return [
            (self._topics[word], max(0.0, (now - part.start_frame) * _FRAME_S))
            for part in self._decoder.seg() or ()
            if (word := part.word.strip()) in self._topics
        ]

    def _start(self) -> None:
        if not self._open:
            self._open = True
            self._decoder.start_utt()


def _files(model: Path) -> tuple[Path, Path]:
    lists = sorted(model.glob("*.dict"))
    acoustic = next((place.parent for place in (model / "mdef", *sorted(model.glob("*/mdef"))) if place.is_file()), None)
    if acoustic is None or not lists:
        raise ModelError(f"[words] model: {model} does not hold an acoustic model (mdef) and a .dict; give the folder of one")
    return acoustic, lists[0]
