// Pointer and keys over a picture: hover or arrows choose a point, a dragged frame zooms, + − and 0 too.

const NEAR = 28;
/** A shorter movement is a click. */
const DRAG = 6;
const STEP = 2;

/** Watches a canvas; `tell` gets the chosen target or null, `zoom` the new ends, `frame` the frame being dragged. */
export function watch(canvas, { picture, tell, zoom, frame }) {
  let chosen = null, start = null;

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const choose = (target) => {
    chosen = target;
    tell(target);
  };

  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = place(event);
    if (start && Math.hypot(x - start[0], y - start[1]) > DRAG) return frame([...start, x, y]);
    const near = nearest(picture().targets, x, y);
    if (near && near !== chosen) choose(near);
    return undefined;
  });
  canvas.addEventListener("pointerdown", (event) => {
    // A finger scrolls the page; the buttons zoom there.
    if (event.button !== 0 || event.pointerType === "touch") return;
    start = place(event);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointerup", (event) => {
    const [x, y] = place(event);
    const from = start;
    start = null;
    frame(null);
    if (!from || Math.hypot(x - from[0], y - from[1]) <= DRAG) return choose(nearest(picture().targets, x, y) ?? chosen);
    return zoom(framed(picture(), from, [x, y]));
  });
  canvas.addEventListener("pointercancel", () => ((start = null), frame(null)));
  canvas.addEventListener("dblclick", () => zoom(null));
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { targets } = picture();
    const next = step(event.key, targets, targets.indexOf(chosen));
    if (next) choose(next);
    else if (event.key === "+" || event.key === "=") zoom(scaled(picture(), chosen, 1 / STEP));
    else if (event.key === "-") zoom(scaled(picture(), chosen, STEP));
    else if (event.key === "0" || event.key === "Escape") zoom(null);
    else return;
    event.preventDefault();
  });
  return {
    /** Forgets the chosen target, or finds the same row in a new picture. */
    renew: () => {
      chosen = chosen ? picture().targets.find((one) => one.item.row === chosen.item.row && one.series === chosen.series) ?? null : null;
      return chosen;
    },
    zoomBy: (factor) => zoom(scaled(picture(), chosen, factor)),
  };
}

/** The target that a key leads to: along a line by left and right, to the nearest above or below by up and down. */
export function step(key, targets, index) {
  if (!targets.length) return null;
  if (key === "Home") return targets[0];
  if (key === "End") return targets[targets.length - 1];
  if (key === "ArrowRight") return targets[(index + 1) % targets.length];
  if (key === "ArrowLeft") return targets[(Math.max(index, 0) - 1 + targets.length) % targets.length];
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  if (index < 0) return targets[0];
  const from = targets[index], sign = key === "ArrowUp" ? -1 : 1;
  let best = null, least = Infinity;
  for (const target of targets) {
    const down = (target.y - from.y) * sign;
    const far = down + 4 * Math.abs(target.x - from.x);
    if (target !== from && down > 0 && far < least) [best, least] = [target, far];
  }
  return best ?? from;
}

function nearest(targets, x, y) {
  let best = null, least = NEAR ** 2;
  for (const target of targets) {
    const far = (target.x - x) ** 2 + (target.y - y) ** 2;
    if (far < least) [best, least] = [target, far];
  }
  return best;
}

/** The ends of both axes inside a frame; an axis of places keeps all of them. */
function framed({ layout, scales }, from, to) {
  const panel = layout.panels.find((one) => from[0] >= one.left - 40 && from[0] <= one.left + layout.panelWidth && from[1] >= one.top && from[1] <= one.top + layout.panelHeight) ?? layout.panels[0];
  if (!panel) return null;
  const ends = (scale, a, b) => (scale.isContinuous ? [scale.invert(a), scale.invert(b)].sort((one, other) => one - other) : [0, 1]);
  const found = [...ends(scales.x, from[0] - panel.left, to[0] - panel.left), ...ends(scales.y, from[1] - panel.top, to[1] - panel.top)];
  return found[0] < found[1] && found[2] < found[3] ? found : null;
}

/** The ends of both axes scaled about the chosen target, else about the middle. */
function scaled({ layout, scales }, chosen, factor) {
  const panel = layout.panels[chosen?.panel ?? 0];
  if (!panel) return null;
  const about = chosen ? [chosen.x - panel.left, chosen.y - panel.top] : [layout.panelWidth / 2, layout.panelHeight / 2];
  const ends = (scale, middle, length) => (scale.isContinuous ? [middle - middle * factor, middle + (length - middle) * factor].map(scale.invert).sort((a, b) => a - b) : [0, 1]);
  return [...ends(scales.x, about[0], layout.panelWidth), ...ends(scales.y, about[1], layout.panelHeight)];
}
