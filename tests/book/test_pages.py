"""The built book as a reader meets it: offline, in a browser, with words for every figure."""

import json
import re

import pytest
from built import BOOK, PAGES

from regimekit.book import build_book

#: Milliseconds; a busy machine must not look like a broken page.
PATIENCE = 120_000
#: Waits until formulas are set, on a page that has some. Not for the network to be idle: that event
#: may never come on a page of 2 MB from a file, though every request has been answered.
FORMULAS = "window.MathJax?.startup?.promise?.then(() => true)"
# Rows of a table are made alike, and contrast, which axe finds slowly, takes the most time in them.
FEW_ROWS = "document.querySelectorAll('tbody tr:nth-child(n+9)').forEach(row => row.remove())"
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}


def test_every_figure_has_words_and_provenance(site):
    figures = 0
    for name in PAGES:
        text = (site / name).read_text()
        for figure in re.findall(r'<figure class="regimekit"[^>]*>.*?</figure>', text, re.DOTALL):
            figures += 1
            alt = re.search(r'alt="([^"]*)"', figure)
            assert alt is not None, name
            assert len(alt.group(1)) > 80, name
            source = r"<figcaption>(Data: .*commit .*runs|Computed when .*, with commit .*)\."
            assert re.search(source + "</figcaption>", figure), name
        for image in re.findall(r"<img [^>]*>", text):
            assert re.search(r'alt="[^"]+"', image), f"{name}: {image[:120]}"
    assert figures >= 10


def test_no_page_asks_for_anything_from_outside(site):
    for name in ["index.html", *PAGES]:
        text = (site / name).read_text()
        for tag in re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", text):
            loads = 'rel="canonical"' not in tag
            assert not (loads and re.search(r'(?:src|href)="(?:https?:)?//', tag)), f"{name}: {tag}"


@pytest.mark.browser
def test_search_works_from_a_folder(site, browser):
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    problems: list[str] = []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto((site / "search.html").as_uri() + "?q=convection")
    page.wait_for_selector("#search-results li a", timeout=20_000)
    assert problems == []
    page.close()


@pytest.mark.browser
def test_figures_read_in_the_dark_and_on_a_phone(site, browser):
    width, height = WIDTHS["phone"]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="dark")
    page.set_default_timeout(PATIENCE)
    page.goto((site / "book" / "pinn.html").as_uri())
    page.evaluate(FORMULAS)
    caption = page.locator("figure.regimekit figcaption").first
    ink = caption.evaluate("e => getComputedStyle(e).color")
    panel = caption.evaluate("e => getComputedStyle(e.closest('.text_html')).backgroundColor")
    assert min(int(c) for c in re.findall(r"\d+", ink)[:3]) > 150, ink
    assert panel == "rgba(0, 0, 0, 0)"
    image = page.locator("figure.regimekit img").first
    assert image.evaluate("e => e.getBoundingClientRect().width") >= 640
    assert caption.evaluate("e => e.getBoundingClientRect().right") <= width
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_pages_in_a_browser(site, browser, width, scheme):
    """Whole, within the screen, offline, and accessible: one visit to each page for all of it."""
    from axe_playwright_python.sync_playwright import Axe

    size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
    page = browser.new_page(viewport=size, color_scheme=scheme)
    page.set_default_timeout(PATIENCE)
    problems: list[str] = []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request",
        lambda r: None if r.url.startswith(("file:", "data:")) else problems.append(r.url),
    )
    # Not to fetch the style sheets again, which a browser refuses to a page from a file.
    axe, options = Axe(), {"resultTypes": ["violations"], "preload": False}
    if scheme == "dark":
        # The elements are those of the light page: what may differ is colour, and what scrolls.
        options["runOnly"] = ["color-contrast", "scrollable-region-focusable"]
    # Pages of the reference are made alike, and long: axe looks at one of them for all.
    alike = [n for n in PAGES if "/api_" in n][1:]
    for name in PAGES:
        page.goto((site / name).as_uri())
        page.evaluate(FORMULAS)
        assert page.locator(".bd-article h1").first.is_visible(), name
        broken = page.evaluate("[...document.images].filter(i => !i.naturalWidth).length")
        assert broken == 0, name
        beyond = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert beyond <= 1, f"{name} is wider than the {width} screen"
        if name == "book/pinn.html":
            assert page.locator("mjx-container").count() > 0, "no formula is set"
        if name not in alike:
            page.evaluate(FEW_ROWS)
            found = axe.run(page, options=options).response["violations"]
            serious = [
                f"{v['id']}: {node['html'][:200]}"
                for v in found
                if v["impact"] in ("serious", "critical")
                for node in v["nodes"]
            ]
            assert not serious, f"{name}: {serious[:5]}"
    assert problems == []
    page.close()


@pytest.fixture
def visit(site, browser):
    """A page of the book, opened at a width, and what it complains about in the console."""
    opened, problems = [], []

    def open_page(name, width):
        size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
        page = browser.new_page(viewport=size, reduced_motion="reduce")
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto((site / "book" / name).as_uri())
        page.evaluate(FORMULAS)
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        page.close()
    assert problems == []


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_a_map_answers_by_pointer_and_by_keyboard(visit, width):
    page = visit("pinn.html", width)
    figure = page.locator("figure.regimekit:has(.regimekit-cells)").first
    data = json.loads(figure.locator("script").text_content())
    cells, note = figure.locator(".regimekit-cells"), page.locator(".regimekit-note:visible")
    figure.scroll_into_view_if_needed()
    # The cell in the second column of the third row, counted from the bottom, of the first panel.
    rows, columns = len(data["cells"]), len(data["cells"][0])
    left, top, wide, high = data["panels"][0]
    box = cells.bounding_box()
    assert box == pytest.approx(figure.locator("img").bounding_box(), abs=1)
    page.mouse.move(
        box["x"] + box["width"] * (left + wide * 1.5 / columns),
        box["y"] + box["height"] * (top + high * (rows - 2.5) / rows),
    )
    expected = data["cells"][2][1]
    for line in expected["lines"]:
        assert line in note.inner_text()
    assert f"seed {expected['curve']['seed']}" in note.inner_text()
    assert note.locator("polyline").count() == 1
    edges = note.bounding_box()
    assert edges["x"] >= 0
    assert edges["x"] + edges["width"] <= WIDTHS[width][0]
    page.mouse.move(0, 0)
    assert note.count() == 0

    cells.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    spoken = figure.locator(".regimekit-spoken").inner_text()
    assert spoken.startswith(". ".join(data["cells"][3][2]["lines"]))
    page.keyboard.press("Escape")
    assert note.count() == 0
    assert page.url.endswith("pinn.html"), "arrow keys turn no page here"


@pytest.mark.browser
def test_a_surface_can_be_turned(visit):
    page = visit("landscapes.html", "phone")
    canvas = page.locator(".regimekit-surface canvas").first
    canvas.scroll_into_view_if_needed()
    assert page.locator("figure:has(.regimekit-surface) > img").first.is_visible()

    def drawn():
        return canvas.evaluate("c => c.toDataURL()")

    before, angle = drawn(), int(canvas.get_attribute("data-azimuth"))
    blank = canvas.evaluate(
        "c => Object.assign(document.createElement('canvas'), "
        "{width: c.width, height: c.height}).toDataURL()"
    )
    assert before != blank
    canvas.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "([c, a]) => c.dataset.azimuth == a", arg=[canvas.element_handle(), angle + 10]
    )
    assert drawn() != before
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 110, box["y"] + 50)
    page.mouse.up()
    assert int(canvas.get_attribute("data-azimuth")) != angle + 10
    canvas.focus()
    page.keyboard.press("Home")
    page.wait_for_function(
        "([c, a]) => c.dataset.azimuth == a", arg=[canvas.element_handle(), angle]
    )
    assert drawn() == before


def test_no_page_names_a_server_for_live_code(site):
    for name in ["index.html", *PAGES]:
        assert "thebe-config" not in (site / name).read_text(), name


def test_dark_mode_and_search_are_there(site):
    text = (site / "book" / "pinn.html").read_text()
    assert "theme-switch" in text
    assert (site / "search.html").exists()
    assert "convect" in (site / "searchindex.js").read_text()


def test_no_number_from_a_dataset_is_typed_into_a_page():
    """Results in the prose would go stale: decimals belong to code cells."""
    for path in BOOK.glob("*.md"):
        prose = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
        prose = re.sub(r"\$[^$]*\$|`[^`]*`|Python \d+\.\d+", "", prose)
        assert not re.findall(r"\b\d+\.\d+(?:e-?\d+)?\b(?!\.)", prose.split("---", 2)[-1]), (
            path.name
        )


def test_a_book_needs_data(tmp_path):
    from regimekit.errors import ConfigurationError

    with pytest.raises(ConfigurationError, match="There is no dataset in"):
        build_book(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
