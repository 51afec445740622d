"""The published datasets one by one."""

import pytest
import xarray as xr
from published import DATA, DISTINCT, NAMES


@pytest.fixture(params=NAMES)
def dataset(request: pytest.FixtureRequest) -> xr.Dataset:
    return xr.load_dataset(DATA / request.param)


@pytest.fixture(params=DISTINCT)
def distinct(request: pytest.FixtureRequest) -> xr.Dataset:
    return xr.load_dataset(DATA / request.param)
