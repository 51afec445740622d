// What is wider than the screen scrolls in its own box. A box that scrolls can be reached by
// keyboard; one that does not is no stop on the way through the page.
"use strict";

(() => {
  const BOXES = "figure.regimekit, .bd-article table, .bd-article pre, .bd-article div.math";

  const update = (box) => {
    const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    if (scrolls) {
      box.tabIndex = 0;
      box.dataset.scrolls = "";
    } else if ("scrolls" in box.dataset) {
      box.removeAttribute("tabindex");
      delete box.dataset.scrolls;
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    const boxes = document.querySelectorAll(BOXES);
    if (!("ResizeObserver" in window)) {
      boxes.forEach(update);
      return;
    }
    const observer = new ResizeObserver((entries) => entries.forEach((entry) => update(entry.target)));
    boxes.forEach((box) => observer.observe(box));
  });
})();
