"""A small ResNet on handwritten digits: the baseline that landscapes are held against."""

from typing import Any, ClassVar

from regimekit.errors import ConfigurationError
from regimekit.grids.experiment import Experiment
from regimekit.grids.spec import Axis, Cell, Grid
from regimekit.problems.cifar10 import archive_path
from regimekit.tasks import Classification
from regimekit.tasks.classification import BATCH

NETWORK = {"channels": 8, "stages": 2, "blocks": 1}
SMALL = {"channels": 4, "stages": 1, "blocks": 1}
LARGE = {"channels": 64, "stages": 4, "blocks": 2, "images": "cifar-10"}
IMAGES = {"digits": 1_297, "cifar-10": 50_000}


def sgd(updates: int) -> dict[str, Any]:
    """Settings of SGD over a number of batches: the original's, but for the number of epochs."""
    return {
        "kind": "minibatch-sgd",
        "learning_rate": 0.1,
        "momentum": 0.9,
        "weight_decay": 1e-3,
        "horizon": updates,
        "iterations": updates,
        "evaluations": updates + 1,
    }


class ResNetDigits(Experiment):
    """Wang et al.'s image classifier at a laptop's size: share of wrong labels x images.

    Wang et al. train a ResNet-18 on CIFAR-10 by SGD with momentum 0.9, weight decay 1e-3 and a
    cosine from the learning rate 0.1 to zero; all this is kept. The images are scikit-learn's
    digits, which need no download; the network has about as many parameters as the PINN of the
    convection map, and normalises by groups, without running statistics. The preset ``paper`` is
    CIFAR-10 itself, by a network of ResNet-18's width and depth, if its archive is here
    (:func:`regimekit.problems.cifar10.cifar10`); without augmentation.
    """

    name: ClassVar[str] = "resnet-digits"
    title: ClassVar[str] = "ResNet for handwritten digits"
    difficulty: ClassVar[Axis] = Axis("label_noise", "share of wrong labels", "1", "wrong labels")
    data: ClassVar[Axis] = Axis("n_images", "number of training images", "1", "$n$")
    metrics: ClassVar[dict[str, tuple[str, str]]] = {
        "train_loss": ("training loss (mean cross entropy)", "1"),
        "train_loss_class": ("training loss of the classes", "1"),
        "train_error": ("share of training images taken for another class than their label", "1"),
        "test_error": ("share of held-out images taken for another digit", "1"),
    }

    def preset(self, name: str) -> Grid:
        """Return the grid of a preset."""
        axes: dict[str, dict[str, Any]] = {
            "smoke": {
                "difficulties": (0.0, 0.2),
                "data": (60,),
                "methods": {"sgd": sgd(12)},
                "seeds": (0,),
            },
            "quick": {
                "difficulties": (0.0, 0.2),
                "data": (100,),
                "methods": {"sgd": sgd(1_500)},
                "seeds": (0,),
            },
            "published": {
                "difficulties": (0.0, 0.1, 0.4),
                "data": (100, 250, 600),
                "methods": {"sgd": sgd(1_500)},
                "seeds": (0, 1, 2),
            },
            "paper": {
                "difficulties": (0.0, 0.05, 0.1, 0.2, 0.4),
                "data": (500, 1_000, 5_000, 20_000, IMAGES["cifar-10"]),
                "methods": {"sgd": sgd(200 * IMAGES["cifar-10"] // BATCH)},
                "seeds": (0, 1, 2, 3, 4),
            },
        }
        network = {"smoke": SMALL, "paper": LARGE}.get(name, NETWORK)
        settings = {"numerics": 1, "precision": "float32", "network": network}
        return Grid(experiment=self.name, preset=name, settings=settings, **axes[name])

    def check(self, grid: Grid) -> None:
        """Refuse shares of labels that are none, and more images than there are."""
        for noise in grid.difficulties:
            if not 0 <= noise < 1:
                raise ConfigurationError(
                    f"label_noise = {noise} must lie in [0, 1): a share of the labels."
                )
        most = IMAGES[_images(grid)]
        for n in grid.data:
            if not 1 <= n <= most:
                raise ConfigurationError(
                    f"n_images = {n} is outside 1 ... {most}, the images to train on."
                )

    def ready(self, grid: Grid) -> None:
        """Refuse the preset ``paper`` where the archive of CIFAR-10 is not here."""
        if _images(grid) == "cifar-10":
            archive_path()

    def task(self, cell: Cell) -> Classification:
        """Build the task of a cell; its seed draws the images as well as the weights."""
        return Classification(cell.data, cell.seed, cell.difficulty, **cell.settings["network"])


def _images(grid: Grid) -> str:
    return str(grid.settings["network"].get("images", "digits"))
