"""Kind lines, spoken by a real program: here one that writes down what it was given."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from driver_monitor.alerts.outputs import open_outputs
from driver_monitor.alerts.speech import Speech
from driver_monitor.settings import Outputs, Settings
from tests.alerts.output_bench import LOG, alert, soon

KEEP = "import sys; open(sys.argv[1], 'a').write(sys.argv[2] + '\\n')"
TALK_ON = "import sys, time; open(sys.argv[1], 'a').write(sys.argv[2] + '\\n'); time.sleep(600)"


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("driver_monitor.alerts.speech.SPOKEN_S", 300.0)  # a busy machine may be as long in starting the program
    return tmp_path / "said"


def speaker(said: Path, program: str = KEEP) -> Speech:
    return Speech(Outputs(speak_with=shlex.join((sys.executable, "-c", program, str(said)))))


def over(speech: Speech) -> Callable[[], bool]:
    def is_over() -> bool:
        speech.states([])
        return speech._speaking is None

    return is_over


def test_advice_on_a_mood_is_spoken_once_and_names_no_feeling(said: Path) -> None:
    speech = speaker(said)
    speech.handle(alert("raised", "advice", "anger"))
    assert soon(over(speech))
    speech.handle(alert("cleared", "advice", "anger"))
    assert over(speech)()
    assert said.read_text() == Outputs().anger_line + "\n"
    assert speech.trouble is None
    for line in (Outputs().anger_line, Outputs().stress_line):
        assert not {"anger", "angry", "stress", "stressed", "must"} & set(line.lower().strip(".").split())


def test_other_advice_is_not_spoken(said: Path) -> None:
    speech = speaker(said)
    speech.handle(alert("raised", "advice", "phone"))
    assert over(speech)() and not said.exists()


def test_what_is_urgent_cuts_it_short_and_lets_none_begin(said: Path) -> None:
    speech = speaker(said, TALK_ON)
    speech.handle(alert("raised", "advice", "stress"))
    assert soon(said.exists)
    speech.handle(alert("raised", "warning", "microsleep", number=2))
    assert over(speech)()
    speech.handle(alert("repeated", "advice", "stress"))
    assert over(speech)()
    speech.close()


def test_a_line_that_is_longer_than_our_own_sound_is_known_for_is_cut(said: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speech = speaker(said, TALK_ON)
    speech.handle(alert("raised", "advice", "stress"))
    assert soon(said.exists)
    assert not over(speech)()
    monkeypatch.setattr("driver_monitor.alerts.speech.SPOKEN_S", 0.0)
    speech.handle(alert("repeated", "advice", "stress"))
    assert over(speech)()
    assert speech.trouble is None


def test_a_program_that_fails_is_told_and_one_that_is_missing_leaves_the_other_outputs(said: Path) -> None:
    speech = speaker(said, "raise SystemExit(3)")
    speech.handle(alert("raised", "advice", "stress"))
    assert soon(over(speech))
    assert speech.trouble is not None and speech.trouble.endswith("ended with 3")
    settings = Settings(outputs=Outputs(buzzer_pin=None, light_pin=None, speak_with="no-such-program"))
    outputs, problems = open_outputs(settings, LOG)
    assert [p.part for p in problems] == ["speech"] and "no-such-program" in (problems[0].reason or "")
    assert [o.part for o in outputs] == [None]


@pytest.mark.parametrize("line", ["-w/etc/passwd", "x" * 81, "a\nb"])
def test_a_line_that_a_program_could_take_for_something_else_is_refused(line: str) -> None:
    with pytest.raises(ValidationError, match="a line has up to"):
        Outputs(stress_line=line)
