"""Addresses that run a notebook elsewhere."""

import pytest

from regimekit.errors import ConfigurationError
from regimekit.launch import Repository

PATH = "notebooks/node.ipynb"


@pytest.mark.parametrize("end", ["", "/", ".git", ".git/"])
def test_addresses_follow_the_services_patterns(end):
    public = Repository(f"https://github.com/someone/a.fork{end}")
    assert public.binder(PATH) == (
        "https://mybinder.org/v2/gh/someone/a.fork/main?urlpath=lab/tree/notebooks/node.ipynb"
    )
    assert public.colab(PATH) == (
        "https://colab.research.google.com/github/someone/a.fork/blob/main/notebooks/node.ipynb"
    )
    assert public.installation == '%pip install "git+https://github.com/someone/a.fork@main"'


def test_a_branch_with_a_slash():
    public = Repository("https://github.com/someone/fork", "courses/2027")
    assert "/gh/someone/fork/courses%2F2027?" in public.binder(PATH)
    assert "/blob/courses/2027/notebooks/" in public.colab(PATH)


@pytest.mark.parametrize(
    ("address", "branch", "says"),
    [
        ("github.com/someone/fork", "main", "must be an address such as https://github.com/"),
        ("https://github.com/someone", "main", "must be an address such as"),
        ("https://github.com/someone/fork/tree/main", "main", "must be an address such as"),
        ("https://github.com/someone/fork", "a branch", "cannot be a branch"),
    ],
)
def test_other_addresses_are_refused(address, branch, says):
    with pytest.raises(ConfigurationError, match=says):
        Repository(address, branch)
