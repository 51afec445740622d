"""One cache of compiled programs for all grid tests, so that a shape compiles once."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def compiled_programs(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REGIMEKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
