"""CIFAR-10 from a small archive of the same form: read, verified, and asked for in a sentence."""

import hashlib
import io
import tarfile

import jax
import numpy as np
import pytest

import regimekit
from regimekit.errors import ConfigurationError
from regimekit.problems.cifar10 import ARCHIVE, VARIABLE, cifar10, read_archive
from regimekit.tasks import Classification, classification

NAMES = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]


@pytest.fixture
def archive(tmp_path):
    """Four images a file: the class counts up, and each pixel is its place modulo 256."""
    path = tmp_path / ARCHIVE
    with tarfile.open(path, "w:gz") as target:
        for start, name in enumerate(NAMES):
            rows = [
                np.r_[(4 * start + i) % 10, (np.arange(3072) + i) % 256].astype(np.uint8)
                for i in range(4)
            ]
            content = np.concatenate(rows).tobytes()
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = len(content)
            target.addfile(info, io.BytesIO(content))
    return path


def test_images_are_read_channel_by_channel(archive):
    train, test = read_archive(archive, hashlib.sha256(archive.read_bytes()).hexdigest())
    assert train.pixels.shape == (20, 3, 32, 32)
    assert test.pixels.shape == (4, 3, 32, 32)
    np.testing.assert_array_equal(train.classes, np.arange(20) % 10)
    np.testing.assert_array_equal(test.classes, np.arange(20, 24) % 10)
    place = (2 * 1024 + 5 * 32 + 7 + 3) % 256
    assert train.pixels[3, 2, 5, 7] == pytest.approx(place / 255)


def test_another_archive_is_refused_and_none_is_asked_for(archive, monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(archive.parent))
    with pytest.raises(ConfigurationError, match="is not the published CIFAR-10: its SHA-256"):
        cifar10()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "elsewhere"))
    with pytest.raises(ConfigurationError, match="CIFAR-10 is not here: there is none in"):
        cifar10()
    monkeypatch.delenv(VARIABLE)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ConfigurationError, match=f"{VARIABLE} is not set"):
        regimekit.run("resnet-digits", preset="paper", output=tmp_path / "results")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.slow
def test_the_network_takes_images_in_colour_and_in_parts(archive, monkeypatch):
    small = read_archive(archive, hashlib.sha256(archive.read_bytes()).hexdigest())
    monkeypatch.setitem(classification.POOLS, "cifar-10", lambda: small)
    task = Classification(20, channels=4, stages=1, images="cifar-10")
    model = task.init(jax.random.key(0))
    whole = float(task.loss(model))
    monkeypatch.setattr(classification, "AT_ONCE", 10)
    assert float(task.loss(model)) == pytest.approx(whole, rel=1e-5)
    with pytest.raises(ConfigurationError, match="no images 'mnist'; there are digits, cifar-10"):
        Classification(20, images="mnist")
