"""The digits task against SciPy's cross entropy; the ResNet against what it must not depend on."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import log_softmax

from regimekit.errors import ConfigurationError
from regimekit.landscape import GaussNewton, Hessian, flat_view
from regimekit.methods import SGD, Budget
from regimekit.models import ResNet
from regimekit.models.resnet import _convolve
from regimekit.problems.digits import digits
from regimekit.tasks import Classification

KEY = jax.random.key(0)


def test_images_are_split_once_and_for_all():
    train, test = digits()
    assert (len(train.classes), len(test.classes)) == (1297, 500)
    assert train.pixels.min() == 0
    assert train.pixels.max() == 1
    rows = {image.tobytes() for image in train.pixels}
    assert sum(image.tobytes() in rows for image in test.pixels) == 0


@pytest.mark.slow
def test_the_loss_is_the_cross_entropy():
    task = Classification(50, noise=0.3)
    model = task.init(KEY)
    logits = np.asarray(model(task.pixels), np.float64)
    expected = -log_softmax(logits, axis=1)[np.arange(50), np.asarray(task.labels)].mean()
    assert float(task.loss(model)) == pytest.approx(expected, rel=1e-5)
    answers = np.asarray(model(task.test[0])).argmax(axis=1)
    assert float(task.test_error(model)) == pytest.approx(np.mean(answers != task.test[1]))


def test_noise_only_adds_wrong_labels():
    task = Classification(1000)
    few, many = task.at(0.1), task.at(0.4)
    wrong = [np.asarray(t.labels != t.classes) for t in (task, few, many)]
    assert not wrong[0].any()
    assert np.all(wrong[2][wrong[1]])
    np.testing.assert_allclose([w.mean() for w in wrong[1:]], [0.1, 0.4], atol=0.05)


def test_an_image_does_not_depend_on_its_batch():
    task = Classification(20)
    model = task.init(KEY)
    np.testing.assert_allclose(model(task.pixels)[3:5], model(task.pixels[3:5]), atol=1e-5)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("size", [7, 8])
def test_the_convolution_is_xlas(width, stride, size):
    keys = jax.random.split(KEY)
    images = jax.random.normal(keys[0], (3, 2, size, size + 1))
    kernel = jax.random.normal(keys[1], (5, 2, width, width))
    expected = jax.lax.conv_general_dilated(images, kernel, (stride, stride), "SAME")
    np.testing.assert_allclose(_convolve(images, kernel, stride), expected, atol=1e-4)


@pytest.mark.slow
def test_gauss_newton_is_the_softmax_one():
    with jax.enable_x64(True):
        task = Classification(6, channels=4, stages=1)
        model = task.init(KEY)
        flat, rebuild = flat_view(model)
        logits = jax.jit(lambda v: rebuild(v)(task.pixels))
        direction = jax.random.normal(KEY, flat.shape)
        probabilities = jax.nn.softmax(logits(flat))
        tangent = jax.jvp(logits, (flat,), (direction,))[1]
        inner = jnp.sum(probabilities * tangent, axis=1, keepdims=True)
        curved = probabilities * (tangent - inner) / 6
        expected = jax.vjp(logits, flat)[1](curved)[0]
        found = jax.jit(GaussNewton(task, model).product())(direction)
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)
        # The head's bias enters linearly: there the Hessian is the Gauss-Newton matrix.
        last = jnp.zeros_like(flat).at[-1].set(1.0)
        one = jax.jit(Hessian(task, model).product())(last)
        two = jax.jit(GaussNewton(task, model).product())(last)
        np.testing.assert_allclose(one[-10:], two[-10:], rtol=1e-8, atol=1e-12)


@pytest.mark.slow
def test_sgd_with_momentum_learns_the_digits():
    task = Classification(300)
    model = task.init(KEY)
    result = SGD(0.1, 0.9).train(task, model, key=KEY, budget=Budget(200, 120))
    assert float(task.loss(result.model)) < 0.3
    assert float(task.test_error(result.model)) < 0.25


def test_draws_keep_their_size():
    task = Classification(30)
    again = task.redraw(KEY)
    assert again.pixels.shape == task.pixels.shape
    assert not np.array_equal(again.pixels, task.pixels)
    moved = task.resample(KEY, 0.1)
    off = np.abs(np.asarray(moved.pixels - task.pixels))
    assert 0.05 < off.max() <= 0.1 + 1e-6


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Classification(0), "samples = 0 is outside 1 ... 1297"),
        (lambda: Classification(10, noise=1.0), r"noise = 1.0 must lie in \[0, 1\)"),
        (lambda: ResNet(10, 6, groups=4, key=KEY), "groups = 4 must divide channels = 6"),
        (lambda: ResNet(0, key=KEY), "of at least 1 each"),
    ],
)
def test_bad_input_is_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()


def test_batches_are_the_images_once_an_epoch():
    task = Classification(120, noise=0.3)
    epochs = []
    for epoch in range(2):
        batches = [task.batch(jnp.asarray(2 * epoch + i)) for i in range(2)]
        assert all(batch.pixels.shape == (50, 1, 8, 8) for batch in batches)
        rows = [image.tobytes() for batch in batches for image in np.asarray(batch.pixels)]
        epochs.append(rows)
        assert len(set(rows)) == 100
        labels = dict(zip(rows, np.concatenate([b.labels for b in batches]), strict=True))
        whole = [image.tobytes() for image in np.asarray(task.pixels)]
        for image, label in zip(whole, np.asarray(task.labels), strict=True):
            assert labels.get(image, label) == label
    assert epochs[0] != epochs[1]
    assert Classification(20).batch(jnp.asarray(7)).pixels.shape[0] == 20
