"""A recording encrypted with age to a public key: written as it comes, read as it comes, and readable after a kill.

age seals pieces of 64 KiB, each with its own proof, and a piece leaves only when the next one begins. So after every
flush the file is filled up to a piece's end with a record that readers of MCAP pass over.
"""

from __future__ import annotations

import struct
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from driver_monitor.errors import BadUseError, DriverMonitorError, RecordingError, needs_extra

if TYPE_CHECKING:
    from collections.abc import Sequence

SEALED_SUFFIX = ".age"
_PIECE = 64 << 10
_FILLING = 0x80  # MCAP leaves these opcodes to applications
_HEAD = struct.Struct("<BQ")
_AHEAD = 4 << 20  # decrypted bytes that wait for the reader


def _pyrage() -> Any:
    try:
        import pyrage
    except ImportError:
        raise BadUseError(needs_extra("an encrypted recording", "seal")) from None
    return pyrage


def recipient(public_key: str) -> Any:
    """An age public key.

    Raises
    ------
    BadUseError
        When it is none.
    """
    pyrage = _pyrage()
    try:
        return pyrage.x25519.Recipient.from_str(public_key.strip())
    except pyrage.RecipientError:
        raise BadUseError(f"'{public_key[:70]}' is no age public key; it begins with age1 (age-keygen makes one)") from None


def identities(file: Path) -> list[Any]:
    """The secret keys of an age key file.

    Raises
    ------
    BadUseError
        When there is none.
    """
    pyrage = _pyrage()
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
        found = [pyrage.x25519.Identity.from_str(line.strip()) for line in lines if line.strip() and not line.startswith("#")]
    except (OSError, UnicodeDecodeError) as problem:
        raise BadUseError(f"{file} cannot be read ({getattr(problem, 'strerror', None) or problem})") from None
    except pyrage.IdentityError:
        found = []
    if not found:
        raise BadUseError(f"{file} holds no age secret key; give the file that age-keygen wrote")
    return found


class SealedOutput:
    """Takes what is written, and writes it encrypted to ``raw``."""

    def __init__(self, raw: IO[bytes], to: Any) -> None:
        self._waiting = bytearray()
        self._at = 0
        self._changed = threading.Condition()
        self._idle = self._ended = False
        self._problem: BaseException | None = None
        self._thread = threading.Thread(target=self._encrypt, args=(raw, to), name="sealing", daemon=True)
        self._thread.start()

    def write(self, *pieces: bytes) -> None:
        """Take bytes."""
        with self._changed:
            for data in pieces:
                self._waiting += data
                self._at += len(data)
            self._idle = False
            self._changed.notify_all()

    def tell(self) -> int:
        """Bytes taken, before encryption."""
        return self._at

    def push(self) -> None:
        """Fill up the piece and wait until all that was written before is in the file."""
        # one byte into the next piece: only then does this one leave
        length = (1 - self._at - _HEAD.size) % _PIECE
        self.write(_HEAD.pack(_FILLING, length) + bytes(length))
        with self._changed:
            self._changed.wait_for(lambda: self._idle or self._problem is not None)
        self._check()

    def close(self) -> None:
        """Write the last piece."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join()
        self._check()

    def read(self, most: int = -1) -> bytes:
        """For age: the next bytes, or none at the end."""
        with self._changed:
            if not self._waiting:
                self._idle = True  # age has dealt with all it was given
                self._changed.notify_all()
            self._changed.wait_for(lambda: bool(self._waiting) or self._ended)
            taken = bytes(self._waiting[:most] if most >= 0 else self._waiting)
            del self._waiting[: len(taken)]
            return taken

    def _encrypt(self, raw: IO[bytes], to: Any) -> None:
        try:
            _pyrage().encrypt_io(self, raw, [to])
        except BaseException as problem:
            self._problem = problem
        with self._changed:
            self._ended = self._idle = True
            self._changed.notify_all()

    def _check(self) -> None:
        if self._problem is not None:
            raise DriverMonitorError(f"cannot be encrypted ({self._problem})") from None


class SealedInput:
    """Reads ``path`` decrypted, from its beginning to its end or to where it was cut."""

    def __init__(self, path: Path, keys: Sequence[Any]) -> None:
        self._waiting = bytearray()
        self._changed = threading.Condition()
        self._ended = self._closed = False
        self.cut = ""
        self._at = 0
        try:
            self._file = path.open("rb")
        except OSError as problem:
            raise BadUseError(f"{path} cannot be read ({problem.strerror or problem})") from None
        self._thread = threading.Thread(target=self._decrypt, args=(list(keys),), name="unsealing", daemon=True)
        self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting) or self._ended)
            if not self._waiting and self.cut:
                reason = self.cut
                self._file.close()
                raise RecordingError(f"{path} cannot be decrypted ({reason}); give the key it was encrypted to (--identity)")

    def read(self, size: int = -1) -> bytes:
        """Exactly ``size`` bytes, fewer only at the end."""
        out = bytearray()
        with self._changed:
            while size < 0 or len(out) < size:
                self._changed.wait_for(lambda: bool(self._waiting) or self._ended)
                if not self._waiting:
                    break
                piece = self._waiting[: size - len(out)] if size >= 0 else self._waiting[:]
                del self._waiting[: len(piece)]
                out += piece
                self._changed.notify_all()
        self._at += len(out)
        return bytes(out)

    def tell(self) -> int:
        """Bytes read."""
        return self._at

    def write(self, data: bytes) -> int:
        """For age: takes what was decrypted, and waits while the reader is behind."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < _AHEAD or self._closed)
            if self._closed:
                raise BrokenPipeError
            self._waiting += data
            self._changed.notify_all()
        return len(data)

    def flush(self) -> None:
        """For age; nothing is held back."""

    def close(self) -> None:
        """Stop; may be called again."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
        self._file.close()

    def _decrypt(self, keys: list[Any]) -> None:
        cut = ""
        try:
            _pyrage().decrypt_io(self._file, self, keys)
        except BaseException as problem:
            cut = str(problem).strip() or type(problem).__name__
        with self._changed:
            self.cut = cut
            self._ended = True
            self._changed.notify_all()
