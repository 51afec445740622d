"""The built book as the tests look at it: its build, which pages there are, and what is in one."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from html.parser import HTMLParser
from pathlib import Path

from html5rdf import HTMLParser as StandardParser

from regimekit.book import checkout

BOOK = checkout() / "book"
BUILD = checkout() / "_build"
BUILT = BUILD / "book" / "_build" / "html"
LOG, STATUS = BUILD / "book.log", BUILD / "book.status"
PAGES = [f"book/{path.stem}.html" for path in sorted(BOOK.glob("*.md"))]


def begin_to_build() -> subprocess.Popen[bytes]:
    """Build the book in a process of its own; its exit status will be in a file."""
    BUILD.mkdir(exist_ok=True)
    STATUS.unlink(missing_ok=True)
    command = [str(Path(sys.executable).parent / "regimekit"), "book"]
    command += ["--data", str(checkout() / "data"), "--output", str(BUILD / "book")]
    # Of what conftest.py sets for the tests, only the one thread a process is for the book as well.
    own = {"JAX_PLATFORMS", "MPLBACKEND"}
    environment = {name: value for name, value in os.environ.items() if name not in own}
    with LOG.open("wb") as log:
        build = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=checkout(),
            start_new_session=True,  # so that it can be ended with the processes that it began
        )
    # A process of tests is not the parent of the build, and cannot ask whether it ended.
    threading.Thread(target=lambda: STATUS.write_text(str(build.wait())), daemon=True).start()
    return build


def end(build: subprocess.Popen[bytes]) -> None:
    """End a build that goes on, with all of its processes."""
    if build.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(build.pid, signal.SIGTERM)


def outcome_of_the_build(patience: float = 1800) -> str:
    """Wait for the build; say what is wrong with it, or nothing."""
    deadline = time.monotonic() + patience
    while not (STATUS.exists() and STATUS.read_text()):
        if time.monotonic() > deadline:
            return f"The book was not built within {patience / 60:.0f} minutes; see {LOG}."
        time.sleep(1)
    if STATUS.read_text() == "0":
        return ""
    last = LOG.read_text(errors="replace").splitlines()[-40:]
    return "\n".join(["The book could not be built:", *last, f"All of it is in {LOG}."])


class Anchors(HTMLParser):
    """Anchors of a page, and the addresses that it points to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.addresses: set[str] = set()
        self.feed(text_of(path))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                self.names.add(value or "")
            elif name in ("href", "src") and value is not None:
                self.addresses.add(value)


def text_of(path: Path) -> str:
    """Source of a page, without the pictures that are written out in it."""
    return re.sub(r'"data:[^"]*"', '"data:,"', path.read_text(encoding="utf-8"))


def parse_errors(text: str) -> list[str]:
    """What the parser of the HTML standard complains about, with the line."""
    parser = StandardParser()
    parser.parse(text)
    return [f"line {line}: {error} {details}" for (line, _), error, details in parser.errors]
