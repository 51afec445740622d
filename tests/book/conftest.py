"""The built book and a browser, once for all tests of the pages."""

import os
from pathlib import Path

import pytest
from built import BUILT, outcome_of_the_build
from filelock import FileLock

from regimekit import printed
from regimekit.book import build_book, checkout
from regimekit.errors import ConfigurationError


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the built book are slow; the wait for it is no sign that a test hangs."""
    for item in items:
        if "site" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
            item.add_marker(pytest.mark.timeout(300, func_only=True))


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The book, built from the published data: by ``make test TESTS=all``, or one of its own.

    ``REGIMEKIT_SITE=ready`` takes the book that is already in ``_build``.
    """
    wanted = os.environ.get("REGIMEKIT_SITE")
    if wanted == "beside" and (failure := outcome_of_the_build()):
        pytest.fail(failure, pytrace=False)
    if wanted in ("beside", "ready") and (BUILT / "index.html").exists():
        return BUILT
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):  # each worker has a folder of its own in a shared one
        shared = shared.parent
    page = shared / "book" / "_build" / "html" / "index.html"
    with FileLock(shared / "book.lock"):
        return (page if page.exists() else build_book(checkout() / "data", shared / "book")).parent


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser that regimekit prints by; without one a test is left out, or fails in CI."""
    try:
        return printed.browser()
    except ConfigurationError as error:
        if os.environ.get("REGIMEKIT_REQUIRE_BROWSER"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def browser(chromium):
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield running
        running.close()
