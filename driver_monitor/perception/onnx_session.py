"""Opens a network on ONNX Runtime: one thread, no usage metrics, no warnings about the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from driver_monitor.errors import ModelError


def open_session(model: Path, what: str, mend: str) -> Any:
    """The network in a file, which is ``what``.

    Raises
    ------
    ModelError
        When the file cannot be loaded; it ends with how to ``mend`` that.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # what is wrong is told below, in one sentence
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors share no base but Exception
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise ModelError(f"the {what} {model} cannot be loaded ({reason}); {mend}") from error
