// A map answers for each of its cells: its numbers, and how the loss fell in one run. By pointer, by
// touch, or by arrow keys, whose answers a screen reader speaks. Without this script the picture
// and its alt text say what they say anyway.
"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const WIDTH = 220;
  const HEIGHT = 70;

  const make = (parent, tag, className, text = "") => {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text;
    parent.append(element);
    return element;
  };

  const draw = (parent, tag, attributes) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    parent.append(element);
    return element;
  };

  // Both axes are logarithmic; the one of the loss is the same for all cells of a map.
  const drawCurve = (parent, curve, data) => {
    const last = Math.log10(curve.iteration[curve.iteration.length - 1] + 1) || 1;
    const x = (iteration) => (WIDTH * Math.log10(iteration + 1)) / last;
    const y = (loss) => HEIGHT * (1 - (Math.log10(loss) - data.low) / (data.high - data.low || 1));
    const picture = draw(parent, "svg", { viewBox: `-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`, width: WIDTH });
    const level = data.level === null ? NaN : y(data.level);
    if (level >= 0 && level <= HEIGHT) {
      draw(picture, "line", { x1: 0, x2: WIDTH, y1: level, y2: level, class: "level" });
    }
    const points = curve.loss.map((loss, i) => `${x(curve.iteration[i]).toFixed(1)},${y(loss).toFixed(1)}`);
    draw(picture, "polyline", { points: points.join(" ") });
  };

  const number = (value) => (value < 1e-3 ? value.toExponential(1) : String(value));

  const sentence = (curve) => {
    const end = curve.loss.length - 1;
    return (
      `Loss of seed ${curve.seed}, the median run: ${number(curve.loss[0])} to ${number(curve.loss[end])} ` +
      `in ${curve.iteration[end]} iterations`
    );
  };

  const enliven = (figure, data) => {
    const image = figure.querySelector("img");
    const rows = data.cells.length;
    const columns = data.cells[0].length;
    const losses = data.cells.flat().flatMap((cell) => (cell.curve ? cell.curve.loss : []));
    const levels = data.level === null ? losses : [data.level, ...losses];
    data.low = Math.log10(Math.min(...levels));
    data.high = Math.log10(Math.max(...levels));

    const layer = make(figure, "div", "regimekit-cells");
    layer.tabIndex = 0;
    layer.setAttribute("role", "application");
    layer.setAttribute(
      "aria-label",
      `Map of ${columns} by ${rows} cells: arrow keys go from cell to cell, Escape hides the numbers.`,
    );
    const marks = data.panels.map(() => make(layer, "div", "regimekit-mark"));
    const spoken = make(figure, "div", "regimekit-spoken");
    spoken.setAttribute("aria-live", "polite");
    const note = make(document.body, "div", "regimekit-note");
    note.setAttribute("aria-hidden", "true");
    note.hidden = true;
    const at = { row: 0, column: 0, panel: 0 };

    // Over the picture, wherever it stands and however wide it is.
    const fit = () => {
      for (const [side, value] of [
        ["left", image.offsetLeft],
        ["top", image.offsetTop],
        ["width", image.offsetWidth],
        ["height", image.offsetHeight],
      ]) {
        layer.style[side] = `${value}px`;
      }
    };
    fit();
    if ("ResizeObserver" in window) new ResizeObserver(fit).observe(image);
    image.addEventListener("load", fit);

    const hide = () => {
      note.hidden = true;
      layer.classList.remove("shown");
    };

    const show = (aloud) => {
      fit();
      const cell = data.cells[at.row][at.column];
      data.panels.forEach(([left, top, width, height], i) => {
        const box = marks[i].style;
        box.left = `${100 * (left + (width * at.column) / columns)}%`;
        box.top = `${100 * (top + (height * (rows - 1 - at.row)) / rows)}%`;
        box.width = `${(100 * width) / columns}%`;
        box.height = `${(100 * height) / rows}%`;
      });
      layer.classList.add("shown");
      note.replaceChildren();
      cell.lines.forEach((line, i) => make(note, i ? "p" : "strong", "", line));
      if (cell.curve) {
        drawCurve(note, cell.curve, data);
        const dashed = data.level === null ? "" : "; dashed: the threshold";
        make(note, "p", "", `${sentence(cell.curve)} (both axes logarithmic${dashed})`);
      }
      note.hidden = false;
      const mark = marks[at.panel].getBoundingClientRect();
      const margin = 8;
      const right = document.documentElement.clientWidth - note.offsetWidth - margin;
      const middle = (mark.left + mark.right - note.offsetWidth) / 2;
      note.style.left = `${Math.max(margin, Math.min(right, middle))}px`;
      const below = mark.bottom + margin;
      const fits = below + note.offsetHeight <= window.innerHeight;
      note.style.top = `${fits ? below : Math.max(margin, mark.top - note.offsetHeight - margin)}px`;
      if (aloud) {
        spoken.textContent = [...cell.lines, cell.curve ? sentence(cell.curve) : ""].join(". ");
      }
    };

    const find = (event) => {
      const box = layer.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width;
      const y = (event.clientY - box.top) / box.height;
      for (const [panel, [left, top, width, height]] of data.panels.entries()) {
        const column = Math.floor((columns * (x - left)) / width);
        const row = rows - 1 - Math.floor((rows * (y - top)) / height);
        if (column >= 0 && column < columns && row >= 0 && row < rows) {
          Object.assign(at, { row, column, panel });
          return true;
        }
      }
      return false;
    };

    const point = (event) => (find(event) ? show(false) : hide());
    layer.addEventListener("pointermove", point);
    layer.addEventListener("click", point);
    layer.addEventListener("pointerleave", (event) => {
      // A finger that is lifted leaves as well, and its reader has only begun to read.
      if (event.pointerType === "mouse") hide();
    });
    document.addEventListener("pointerdown", (event) => {
      if (!layer.contains(event.target)) hide();
    });
    window.addEventListener("scroll", hide, { passive: true });

    const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0] };
    layer.addEventListener("focus", () => {
      if (layer.matches(":focus-visible")) show(true);
    });
    layer.addEventListener("blur", hide);
    layer.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        hide();
      } else if (event.key in STEPS) {
        const [up, right] = STEPS[event.key];
        at.row = Math.max(0, Math.min(rows - 1, at.row + up));
        at.column = Math.max(0, Math.min(columns - 1, at.column + right));
        marks[at.panel].scrollIntoView({ block: "nearest", inline: "nearest" });
        show(true);
        // The theme turns pages by arrow keys.
        event.preventDefault();
        event.stopPropagation();
      }
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const script of document.querySelectorAll('figure.regimekit > script[type="application/json"]')) {
      const data = JSON.parse(script.textContent);
      if (data.kind === "cells") enliven(script.parentElement, data);
    }
  });
})();
