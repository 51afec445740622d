"""A dataset can be judged without the library that computed it."""

import subprocess
import sys


def test_no_jax_and_no_other_layer() -> None:
    code = (
        "import sys, regimekit.regimes\n"
        "loaded = {m for m in sys.modules if m.split('.')[0] in ('jax', 'equinox', 'optax')}\n"
        "layers = ('problems', 'models', 'tasks', 'methods', 'landscape', 'grids', 'figures')\n"
        "names = tuple(f'regimekit.{n}' for n in layers)\n"
        "loaded |= {m for m in sys.modules if m.startswith(names)}\n"
        "assert not loaded, sorted(loaded)[:5]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
