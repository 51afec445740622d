"""Where others can run the notebooks of a repository with a public address: Binder and Colab."""

import re
from dataclasses import dataclass

from regimekit.errors import ConfigurationError

_ADDRESS = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?/?")
_BRANCH = re.compile(r"[\w./-]+")


@dataclass(frozen=True)
class Repository:
    """A repository on GitHub, from which both services take notebooks.

    Parameters
    ----------
    address
        Such as ``https://github.com/OWNER/regimekit``.
    branch
        Branch or tag.

    Raises
    ------
    ConfigurationError
        If the address or the branch is not of that form.
    """

    address: str
    branch: str = "main"

    def __post_init__(self) -> None:
        if _ADDRESS.fullmatch(self.address) is None:
            raise ConfigurationError(
                f"The repository {self.address!r} must be an address such as "
                "https://github.com/OWNER/regimekit: that is where Binder and Colab look."
            )
        if _BRANCH.fullmatch(self.branch) is None:
            raise ConfigurationError(
                f"{self.branch!r} cannot be a branch: its name is one such as main."
            )

    @property
    def _path(self) -> str:
        found = _ADDRESS.fullmatch(self.address)
        assert found is not None
        return "/".join(found.groups())

    def binder(self, path: str) -> str:
        """Return the address that opens a file of the repository in JupyterLab on Binder."""
        # Binder's names of repositories end at the next slash.
        branch = self.branch.replace("/", "%2F")
        return f"https://mybinder.org/v2/gh/{self._path}/{branch}?urlpath=lab/tree/{path}"

    def colab(self, path: str) -> str:
        """Return the address that opens a notebook of the repository on Colab."""
        return f"https://colab.research.google.com/github/{self._path}/blob/{self.branch}/{path}"

    @property
    def installation(self) -> str:
        """What a notebook's first cell has to be where the repository is not installed."""
        return f'%pip install "git+https://github.com/{self._path}@{self.branch}"'
