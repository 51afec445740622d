"""The parts of the benchmarks that need no PyTorch."""

import subprocess
import sys

import pytest

from regimekit.book import checkout


@pytest.mark.slow
def test_a_job_runs_in_its_own_process():
    script = (
        "from benchmarks.__main__ import job; import json;print(json.dumps(job('lbfgs', 100, 5)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=checkout(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"evaluations"' in done.stdout


def test_without_pytorch_it_says_what_to_do():
    # Hidden after the imports: SciPy's own look at loaded modules takes no None for an answer.
    script = "import sys, benchmarks.__main__ as b; sys.modules['torch'] = None; b.main()"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=checkout(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "PyTorch is not installed" in done.stderr
