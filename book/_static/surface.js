// Surfaces that a reader can turn, by dragging or by arrow keys, below the picture that shows them
// from above. Heights and colours are the logarithm of the loss, on one scale for all surfaces of a figure.
"use strict";

(() => {
  const STEP = Math.PI / 18;
  const START = { azimuth: -Math.PI / 4, tilt: 0.6 };
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const degrees = (angle) => Math.round((angle * 180) / Math.PI);

  const enliven = (parent, surface, data) => {
    const { heights, title, ends } = surface;
    const n = heights.length;
    const known = heights.flat().filter((h) => h !== null);
    const frame = document.createElement("div");
    frame.className = "regimekit-surface";
    const heading = document.createElement("p");
    heading.textContent = title;
    const canvas = document.createElement("canvas");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    frame.append(heading, canvas);
    parent.append(frame);
    const view = { ...START };
    const span = data.high - data.low || 1;

    const draw = () => {
      const scale = window.devicePixelRatio || 1;
      const width = canvas.clientWidth;
      const height = canvas.clientHeight;
      canvas.width = width * scale;
      canvas.height = height * scale;
      const pen = canvas.getContext("2d");
      pen.scale(scale, scale);
      const ink = getComputedStyle(canvas).color;
      const [sin, cos] = [Math.sin(view.azimuth), Math.cos(view.azimuth)];
      const [down, flat] = [Math.sin(view.tilt), Math.cos(view.tilt)];
      const size = Math.min(width / 1.55, height / 1.75);
      // Plane coordinates from -1/2 to 1/2, height from 0 to 1; the eye is far away.
      const project = (u, v, h) => {
        const [across, away] = [u * cos - v * sin, u * sin + v * cos];
        const x = width / 2 + size * across;
        const y = height / 2 + size * (away * down - 0.8 * (h - 0.5) * flat);
        return [x, y, away * flat + 0.8 * h * down];
      };
      const line = (points) => {
        pen.beginPath();
        points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      };
      const half = 0.5;
      pen.strokeStyle = ink;
      pen.lineWidth = 0.8;
      const corners = [[-half, -half], [half, -half], [half, half], [-half, half], [-half, -half]];
      line(corners.map(([u, v]) => project(u, v, 0)));
      pen.stroke();

      const place = (i) => i / (n - 1) - 0.5;
      const patches = [];
      for (let i = 0; i < n - 1; i++) {
        for (let j = 0; j < n - 1; j++) {
          const ring = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
          if (ring.some(([a, b]) => heights[a][b] === null)) continue;
          const points = ring.map(([a, b]) => project(place(a), place(b), (heights[a][b] - data.low) / span));
          const mean = ring.reduce((sum, [a, b]) => sum + heights[a][b], 0) / 4;
          patches.push({ points, mean, depth: points.reduce((sum, p) => sum + p[2], 0) });
        }
      }
      patches.sort((a, b) => a.depth - b.depth);
      pen.lineWidth = 0.4;
      for (const { points, mean } of patches) {
        const shade = Math.floor((data.colours.length * (mean - data.low)) / span);
        line([...points, points[0]]);
        pen.fillStyle = data.colours[Math.max(0, Math.min(data.colours.length - 1, shade))];
        pen.fill();
        pen.strokeStyle = "rgb(0 0 0 / 45%)";
        pen.stroke();
      }

      // The scale of heights stands at the corner that is seen leftmost.
      const [u, v] = corners.reduce((a, b) => (project(...b, 0)[0] < project(...a, 0)[0] ? b : a));
      const [foot, top] = [project(u, v, 0), project(u, v, 1)];
      pen.strokeStyle = pen.fillStyle = ink;
      pen.lineWidth = 1;
      line([foot, top]);
      pen.stroke();
      pen.font = "12px sans-serif";
      const loss = (h) => (10 ** h).toExponential(0).replace("e+0", "").replace("e+", "e");
      pen.fillText(loss(data.low), foot[0] - 4, foot[1] + 14);
      pen.fillText(`loss ${loss(data.high)}`, top[0] - 4, top[1] - 6);
      const centre = heights[(n - 1) / 2][(n - 1) / 2];
      if (centre !== null) {
        const [x, y] = project(0, 0, (centre - data.low) / span);
        pen.beginPath();
        pen.arc(x, y, 4, 0, 2 * Math.PI);
        pen.fillStyle = "#d00";
        pen.fill();
        pen.strokeStyle = "#fff";
        pen.stroke();
      }
      canvas.dataset.azimuth = degrees(view.azimuth);
      canvas.dataset.tilt = degrees(view.tilt);
      canvas.setAttribute(
        "aria-label",
        `Surface of the training loss, ${title}, from ${loss(Math.min(...known))} to ` +
          `${loss(Math.max(...known))} over offsets ${ends[0]} to ${ends[1]} along two directions. ` +
          `Arrow keys turn it, Home turns it back. Seen from ${degrees(view.azimuth)} degrees.`,
      );
    };

    const bounded = (tilt) => Math.max(0, Math.min(Math.PI / 2, tilt));
    let running = 0;
    const turnTo = (azimuth, tilt) => {
      cancelAnimationFrame(running);
      const from = { ...view };
      const to = { azimuth, tilt: bounded(tilt) };
      const began = performance.now();
      const step = (now) => {
        const share = still.matches ? 1 : Math.min(1, (now - began) / 150);
        view.azimuth = from.azimuth + share * (to.azimuth - from.azimuth);
        view.tilt = from.tilt + share * (to.tilt - from.tilt);
        draw();
        if (share < 1) running = requestAnimationFrame(step);
      };
      running = requestAnimationFrame(step);
    };

    const TURNS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const aim = { ...START };
    canvas.addEventListener("keydown", (event) => {
      if (event.key === "Home") {
        Object.assign(aim, START);
      } else if (event.key in TURNS) {
        const [around, over] = TURNS[event.key];
        aim.azimuth += around * STEP;
        aim.tilt = bounded(aim.tilt + over * STEP);
      } else {
        return;
      }
      turnTo(aim.azimuth, aim.tilt);
      // The theme turns pages by arrow keys.
      event.preventDefault();
      event.stopPropagation();
    });
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      view.azimuth -= event.movementX / 120;
      view.tilt = bounded(view.tilt + event.movementY / 120);
      Object.assign(aim, view);
      draw();
    });

    draw();
    if ("ResizeObserver" in window) new ResizeObserver(draw).observe(canvas);
    // Ink follows the theme, light or dark.
    new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const script of document.querySelectorAll('figure.regimekit > script[type="application/json"]')) {
      const data = JSON.parse(script.textContent);
      if (data.kind !== "surfaces") continue;
      const known = data.surfaces.flatMap((s) => s.heights.flat()).filter((h) => h !== null);
      if (!known.length) continue;
      data.low = Math.min(...known);
      data.high = Math.max(...known);
      const row = document.createElement("div");
      row.className = "regimekit-surfaces";
      script.after(row);
      const hint = document.createElement("p");
      hint.textContent = "The same surfaces to turn: drag them, or use the arrow keys. The red dot is the model.";
      row.append(hint);
      data.surfaces.forEach((surface) => enliven(row, surface, data));
    }
  });
})();
