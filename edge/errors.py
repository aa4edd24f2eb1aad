"""Everything that edge-ad raises on purpose.

EdgeAdError                     exit code 1: it was asked rightly and failed
├── UsageError                  exit code 2: the request itself is wrong; retrying it unchanged cannot help
│   └── ConfigError             a key or value of a station file, the environment or the command line
├── MissingExtraError           a command needs packages that this install does not have
├── PictureError                a picture, or a folder of them, cannot be used
├── CameraError                 a camera cannot be opened or was lost; a retry may help
│   └── CameraSilentError       no picture came in time
├── BundleError                 a model file cannot be read, is damaged or is not one of ours
│   ├── CardError               the model card is absent, or of another kind or version
│   └── SignatureError          the model is not signed, or not by anyone who is trusted
├── CheckpointError             a training checkpoint cannot be read or fits another model
├── DeviceError                 an inference device is unknown or cannot run the model
│   └── ScoresDifferError       the device that took over judges otherwise than the one that was lost
├── SecurityError               a key file is absent, damaged or open to others, or keys are needed and not set
├── BusError                    a ZeroMQ address cannot be bound or reached
├── StoreError                  the alert store on disk cannot be used
│   ├── StoreRefusedError       the disk refuses to write: it is full, broken or read-only; a retry may help
│   └── StoreDamagedError       the store is damaged; only a new one helps
├── CalibrationError            the scores at hand cannot support the threshold that was asked for
├── TeachingError               a product cannot be taught with the pictures or the backbone at hand
├── TrainingError               training or export cannot give a model that may be used
└── DemoError                   a step of the demo failed, or gave less than the demo promises

A message is one line: what failed and where; the hint says what to do about it. Errors of libraries are
mapped to these at the seam where the library is called, with ``raise ... from``.
"""

from __future__ import annotations


class EdgeAdError(Exception):
    """Base of all errors that a user is meant to read.

    Args:
        message: what failed and where, one line without a full stop.
        hint: what the reader can do about it, one line; empty where nothing helps.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class UsageError(EdgeAdError):
    """The request itself is wrong: an option, an argument, a combination of them."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration key or value is wrong."""


class MissingExtraError(EdgeAdError):
    """A command needs packages of an extra that is not installed."""


class PictureError(EdgeAdError):
    """A picture or a folder of pictures cannot be used."""


class CameraError(EdgeAdError):
    """A camera cannot be opened, or was lost."""


class CameraSilentError(CameraError):
    """No picture came from a camera in time."""


class BundleError(EdgeAdError):
    """A model file cannot be read, is damaged, or is not an edge-ad bundle."""


class CardError(BundleError):
    """The model card inside a bundle is absent or cannot be understood."""


class SignatureError(BundleError):
    """A bundle is not signed by anyone who is trusted."""


class CheckpointError(EdgeAdError):
    """A checkpoint cannot be read or belongs to another model or version."""


class DeviceError(EdgeAdError):
    """An inference device is unknown, absent, or cannot run the model."""


class ScoresDifferError(DeviceError):
    """The device that took over gives other scores than the one that was lost."""


class SecurityError(EdgeAdError):
    """A key file is absent, damaged or open to others, or an address needs keys and has none."""


class BusError(EdgeAdError):
    """A ZeroMQ address cannot be bound, reached or understood."""


class BusyError(EdgeAdError):
    """A camera still works on another part."""


class NoVerdictError(EdgeAdError):
    """A part was asked about and no verdict came in time: treat it as not inspected."""

    exit_code = 4


class StoreError(EdgeAdError):
    """The alert store on disk cannot be opened, read or written."""


class StoreRefusedError(StoreError):
    """The disk refuses for now: it is full, broken or read-only."""


class StoreDamagedError(StoreError):
    """The alert store is damaged, or is another file."""


class CalibrationError(EdgeAdError):
    """The scores at hand cannot support the threshold that was asked for."""


class TrainingError(EdgeAdError):
    """Training or export cannot give a model that may be used."""


class TeachingError(EdgeAdError):
    """A product cannot be taught with the pictures or the backbone at hand; what was taken is kept."""


class DemoError(EdgeAdError):
    """A step of the demo failed, or its outcome is not what the demo promises."""
