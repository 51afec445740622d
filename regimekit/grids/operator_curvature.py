"""What else is measured of operators: which part of their curvature is a matter of scale.

The original's largest eigenvalue is nearly a constant, which the output bias adds. So it is
measured with that bias held fixed, with the output layer held fixed, and in units of the filters'
norms; of the relative norm that our operators are trained on, and of squared errors as in the
original.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from regimekit.landscape import (
    AbstractOperator,
    Effort,
    Hessian,
    Scaled,
    eigenpairs,
    filter_norms,
    flat_view,
    parameter_slices,
)
from regimekit.tasks import AbstractTask, OperatorLearning, SquaredErrors
from regimekit.tasks.operator import Neural

SAMPLES = 32
"""Training samples on which curvature is taken, the first ones: products cost as many samples."""

OPERATOR_EFFORT = Effort(3, 16, 1e-2, 16, 2, 8)
"""Products cost a hundred times those of a PINN; the largest eigenvalue lies far above the rest."""

BIAS, LAYER = ("network.head[1].bias",), ("network.head[1].weight", "network.head[1].bias")

LOSSES = {"": "the loss", "squares_": "the mean squared error in units of the solutions'"}
"""Start of a variable's name -> of what its curvature is."""

_PARTS = {
    "output_bias": "second derivative by the output bias of {}",
    "without_bias": "largest eigenvalue with the output bias held fixed, of {}",
    "without_bias_error": "bound of the error of the same",
    "without_layer": "largest eigenvalue with the output layer held fixed, of {}",
    "without_layer_error": "bound of the error of the same",
}
_SQUARES = {
    "lambda_max": "largest eigenvalue of the Hessian of {}",
    "lambda_max_error": "bound of the error of the same",
    "filter_normalised": "largest eigenvalue in units of the filters' norms, of {}",
    "filter_normalised_error": "bound of the error of the same",
}

OPERATOR_VARIABLES = {
    f"{start}{name}": words.format(of)
    for start, of in LOSSES.items()
    for name, words in (_PARTS | (_SQUARES if start else {})).items()
} | {
    "retrained": "whether the run was trained again, as its weights are not stored",
    "retrained_difference": "relative difference of its training loss from the stored one",
}
"""Variables of a dataset of curvature that operators have besides those of all runs."""


def subsampled(task: OperatorLearning) -> OperatorLearning:
    """Return the task on the samples that curvature is taken of."""
    return task.first(min(SAMPLES, len(task.train.solutions)))


def measure_parts(
    task: OperatorLearning, model: Neural, *, key: PRNGKeyArray, effort: Effort
) -> dict[str, float]:
    """Measure the curvature of an operator with parts of it held fixed.

    Parameters
    ----------
    task, model
        Where; all samples of the task are used.
    key
        Of the random starts.
    effort
        Steps and tolerance of each eigenvalue.

    Returns
    -------
    variables
        Those of `OPERATOR_VARIABLES` but for the last two, and ``products``.
    """
    found, spent = {}, 0.0
    slices = parameter_slices(model)
    bias, layer = (np.concatenate([np.r_[slices[n]] for n in part]) for part in (BIAS, LAYER))
    ones = jnp.ones_like(flat_view(model)[0])
    scales = {"without_bias": ones.at[bias].set(0), "without_layer": ones.at[layer].set(0)}
    losses: dict[str, AbstractTask] = {"": task, "squares_": SquaredErrors(task)}
    for start, loss in losses.items():
        hessian = Hessian(loss, model)
        found[f"{start}output_bias"] = float(
            _curvature_along(hessian, (ones - scales["without_bias"]))
        )
        if start:
            scales |= {"lambda_max": ones, "filter_normalised": filter_norms(model)}
        for name, scale in scales.items():
            # What a zero holds fixed only adds eigenvalues of zero; and all scales share a program.
            scaled = Scaled(hessian, scale)
            pairs = eigenpairs(scaled, 1, key=key, steps=effort.steps, tolerance=effort.tolerance)
            found[f"{start}{name}"] = float(pairs.values[0])
            found[f"{start}{name}_error"] = float(pairs.bounds[0])
            spent += pairs.products
    return found | {"products": spent + len(losses)}


@eqx.filter_jit
def _curvature_along(
    operator: AbstractOperator, vector: Float[Array, " parameters"]
) -> Float[Array, ""]:
    return vector @ operator.product()(vector)
