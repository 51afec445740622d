"""CIFAR-10 from an archive that is already on this machine; nothing is fetched."""

import functools
import hashlib
import os
import tarfile
from pathlib import Path

import numpy as np

from regimekit.errors import ConfigurationError
from regimekit.problems.digits import Images

ARCHIVE = "cifar-10-binary.tar.gz"
SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
VARIABLE = "REGIMEKIT_CIFAR10"

_TRAIN = tuple(f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6))
_TEST = ("cifar-10-batches-bin/test_batch.bin",)
_SHAPE = (3, 32, 32)


def cifar10() -> tuple[Images, Images]:
    """Return the 50 000 images to train on and the 10 000 to test on, of 32 x 32 pixels in colour.

    They are read from the archive of the binary version that its authors publish, which lies in
    the folder that the environment variable ``REGIMEKIT_CIFAR10`` names.

    Raises
    ------
    ConfigurationError
        If the archive is not there, or is not the published one.

    References
    ----------
    Krizhevsky, Learning multiple layers of features from tiny images, technical report, University
    of Toronto, 2009.
    """
    return read_archive(archive_path())


def archive_path() -> Path:
    """Where the archive is.

    Raises
    ------
    ConfigurationError
        If it is not there; says what to do.
    """
    named = os.environ.get(VARIABLE)
    path = Path(named or ".") / ARCHIVE
    if not named or not path.is_file():
        where = f"there is none in {named}" if named else f"{VARIABLE} is not set"
        raise ConfigurationError(
            f"CIFAR-10 is not here: {where}. Put {ARCHIVE}, the binary version that its authors "
            f"publish, into a folder and name the folder in {VARIABLE}; nothing is downloaded."
        )
    return path


@functools.cache
def read_archive(path: Path, sha256: str = SHA256) -> tuple[Images, Images]:
    """Read the images to train and to test on, after the archive's checksum has been verified.

    Each image is one byte for its class, and 3 x 32 x 32 bytes for its pixels.

    Raises
    ------
    ConfigurationError
        If the checksum or the content is another one.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise ConfigurationError(
            f"{path} is not the published CIFAR-10: its SHA-256 is {found[:12]}..., and "
            f"{sha256[:12]}... is expected. Copy it anew."
        )
    with tarfile.open(path, "r:gz") as archive:
        return _images(archive, _TRAIN), _images(archive, _TEST)


def _images(archive: tarfile.TarFile, names: tuple[str, ...]) -> Images:
    rows = []
    for name in names:
        member = archive.extractfile(name)
        if member is None:
            raise ConfigurationError(f"The archive has no file {name}: take the binary version.")
        rows.append(np.frombuffer(member.read(), np.uint8).reshape(-1, 1 + np.prod(_SHAPE)))
    both = np.concatenate(rows)
    pixels = both[:, 1:].reshape(-1, *_SHAPE).astype(np.float32) / 255
    return Images(pixels, both[:, 0].astype(np.int32))
