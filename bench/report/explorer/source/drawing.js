// Draws a scene with a pen: panels with axes, then lines, whiskers and marks, or cells, and the legend.

import { tick, withUnit } from "./format.js";
import { layoutOf } from "./layout.js";
import { inkOn } from "./looks.js";
import { scalesOf } from "./scene.js";

const MARK = 4.2;
const CAP = 3;
/** Caps and rims of more points than this would be a grey cloud. */
const MOST_CAPS = 600;
const BAR = 5;

/** A picture ready to draw: `draw(pen)`, its height, its panels, and the targets that a pointer can hit. */
export function pictureOf(run, choices, scene, width, theme) {
  const layout = layoutOf(run, choices, scene, width);
  const scales = scalesOf(scene, choices, layout.panelWidth, layout.panelHeight);
  const targets = targetsOf(scene, scales, layout);
  return { width, height: layout.height, layout, scales, targets, draw };

  function draw(pen) {
    pen.rect(0, 0, width, layout.height, theme.ground);
    for (const panel of layout.panels) {
      axes(pen, panel);
      pen.inside(panel.left, panel.top, layout.panelWidth, layout.panelHeight, () => content(pen, panel));
    }
    legend(pen);
  }

  function axes(pen, panel) {
    const { left, top } = panel, right = left + layout.panelWidth, bottom = top + layout.panelHeight;
    if (panel.title) pen.text(panel.title, left, top - 12, { fill: theme.ink, size: 13, weight: 600 });
    for (const { value, text } of scales.x.ticks(layout.mostX)) {
      const x = left + scales.x.at(value);
      if (scales.x.isContinuous) pen.line([[x, top], [x, bottom]], { stroke: theme.line });
      if (layout.turn) pen.text(layout.cut(text), x, bottom + 10, { fill: theme.soft, size: 11, anchor: "end", turn: -35 });
      else pen.text(text, x, bottom + 13, { fill: theme.soft, size: 11, anchor: "middle" });
    }
    for (const { value, text } of scales.y.ticks(layout.mostY)) {
      const y = top + scales.y.at(value);
      if (scales.y.isContinuous) pen.line([[left, y], [right, y]], { stroke: theme.line });
      if (panel.isFirst) pen.text(layout.cut(text), left - 8, y, { fill: theme.soft, size: 11, anchor: "end" });
    }
    pen.line([[left, top], [left, bottom], [right, bottom]], { stroke: theme.soft });
    if (panel.isLast) pen.text(layout.xLabel, left + layout.panelWidth / 2, bottom + layout.bottom - 12, { fill: theme.ink, size: 12, anchor: "middle" });
    if (panel.isFirst) pen.text(layout.yLabel, left - layout.left + 2, panel.title ? top - 30 : top - 14, { fill: theme.ink, size: 12 });
  }

  function content(pen, panel) {
    const mine = scene.items.filter((item) => layout.panelOf(item) === panel);
    if (scene.mode !== "points") return mine.forEach((item) => cell(pen, panel, item));
    const at = (point) => [panel.left + scales.x.at(point.x), panel.top + scales.y.at(point.y)];
    for (const line of scene.lines) {
      if (layout.panelOf(line[0]) !== panel || line[0].y === null || line[0].x === null || line.length < 2) continue;
      const look = scene.looks.get(line[0].group);
      pen.line(line.map(at).filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)), { stroke: look.colour, width: 1.6, dash: look.dash });
    }
    const hasCaps = mine.length <= MOST_CAPS;
    if (choices.whiskers || scene.y.isRange || scene.x.isRange) for (const point of mine) whiskers(pen, panel, point, hasCaps);
    const size = mine.length > MOST_CAPS ? MARK * 0.7 : MARK;
    for (const point of mine) {
      const [x, y] = at(point);
      if (point.x === null || point.y === null || !Number.isFinite(x) || !Number.isFinite(y)) continue;
      const look = lookOf(point);
      // A rim keeps marks distinct where they overlap; a hollow mark shows the one below.
      if (look.isHollow) pen.mark(look.mark, x, y, size, { stroke: look.colour, width: 1.6 });
      else pen.mark(look.mark, x, y, size, { fill: look.colour, stroke: hasCaps ? theme.ground : null, width: 0.8 });
    }
  }

  function lookOf(point) {
    return scene.looks?.get(point.group) ?? { colour: scene.shade.colour(point.group), mark: "o", isHollow: false, dash: [] };
  }

  function whiskers(pen, panel, point, hasCaps) {
    const look = lookOf(point);
    const width = (isRange) => (isRange ? BAR : 1.2);
    if (point.low !== null) {
      const x = panel.left + (point.x === null ? 0 : scales.x.at(point.x)) + dodge(point);
      const low = panel.top + scales.y.at(point.low);
      // Without an upper end it may be anything above.
      const high = point.high === null ? panel.top : panel.top + scales.y.at(point.high);
      if (point.x !== null) bar([[x, low], [x, high]], [1, 0], scene.y.isRange, point.high !== null);
    }
    if (point.xLow !== null && point.xHigh !== null && point.y !== null) {
      const y = panel.top + scales.y.at(point.y);
      bar([[panel.left + scales.x.at(point.xLow), y], [panel.left + scales.x.at(point.xHigh), y]], [0, 1], scene.x.isRange, true);
    }

    function bar([from, to], [cx, cy], isRange, hasEnd) {
      if (![...from, ...to].every(Number.isFinite)) return;
      pen.line([from, to], { stroke: look.colour, width: width(isRange) });
      if (!hasCaps || isRange) return;
      for (const [x, y] of hasEnd ? [from, to] : [from]) pen.line([[x - CAP * cx, y - CAP * cy], [x + CAP * cx, y + CAP * cy]], { stroke: look.colour, width: 1.2 });
    }
  }

  /** Ranges of several series stand side by side: one would hide the other. */
  function dodge(point) {
    return scene.y.isRange && scene.looks ? layout.dodge([...scene.looks.keys()].indexOf(point.group), scene.looks.size) : 0;
  }

  function cell(pen, panel, item) {
    const [x, y, w, h] = boxOf(item, scales, panel);
    const colour = scene.shade.colour(scene.mode === "counts" ? item.count : item.value);
    pen.rect(x, y, w, h, colour);
    const unit = run.columns.get(choices.colour)?.unit ?? "";
    const text = scene.mode === "cells" ? tick(item.value, unit) : "";
    if (text && w >= text.length * 6 + 4 && h >= 14) pen.text(text, x + w / 2, y + h / 2, { fill: inkOn(colour), size: 10.5, anchor: "middle" });
  }

  function legend(pen) {
    for (const { name, text, x, y } of layout.legend) {
      const look = scene.looks.get(name);
      if (scene.lines.length) pen.line([[x, y], [x + 20, y]], { stroke: look.colour, width: 1.6, dash: look.dash });
      if (scene.y.isRange || scene.x.isRange) pen.line([[x + 10, y - 7], [x + 10, y + 7]], { stroke: look.colour, width: BAR });
      else pen.mark(look.mark, x + 10, y, MARK, look.isHollow ? { fill: theme.ground, stroke: look.colour, width: 1.6 } : { fill: look.colour });
      pen.text(text, x + 26, y, { fill: theme.ink, size: 12 });
    }
    if (!scene.shade || !scene.items.length) return;
    const { x, y, width: long } = layout.shade;
    const label = scene.mode === "counts" ? "rows" : run.columns.get(choices.colour).label;
    const unit = scene.mode === "counts" ? "" : run.columns.get(choices.colour).unit;
    pen.text(label, x, y - 9, { fill: theme.ink, size: 12 });
    const steps = 48;
    for (let step = 0; step < steps; step += 1) {
      pen.rect(x + (step * long) / steps, y, long / steps + 0.5, 10, scene.shade.colour(scene.shade.at((step + 0.5) / steps)));
    }
    for (const [part, anchor] of [[0, "start"], [0.5, "middle"], [1, "end"]]) {
      const value = scene.mode === "counts" ? Math.round(scene.shade.at(part)) : scene.shade.at(part);
      pen.text(withUnit(value, unit, 3), x + part * long, y + 20, { fill: theme.soft, size: 11, anchor });
    }
  }
}

/** Where the box of a cell or bin is: left, top, width, height. */
function boxOf(item, scales, panel) {
  const side = (scale, value, ends) => {
    if (ends) {
      const [a, b] = ends.map(scale.at);
      return [Math.min(a, b), Math.abs(b - a)];
    }
    const width = scale.bandwidth || 8;
    return [scale.at(value) - width / 2, width];
  };
  const [x, w] = side(scales.x, item.x, scales.x.isContinuous ? item.xEnds : null);
  const [y, h] = side(scales.y, item.y, scales.y.isContinuous ? item.yEnds : null);
  return [panel.left + x, panel.top + y, w, h];
}

/** What a pointer or an arrow key can reach: the places of points and the middles of cells, inside their panels. */
function targetsOf(scene, scales, layout) {
  const order = scene.looks ? new Map([...scene.looks.keys()].map((name, index) => [name, index])) : new Map();
  const middle = (scale, value, low, high) => (value !== null ? scale.at(value) : (scale.at(low) + scale.at(high)) / 2);
  const found = [];
  for (const item of scene.items) {
    const panel = layout.panelOf(item);
    if (!panel) continue;
    const dx = scene.y.isRange && scene.looks ? layout.dodge(order.get(item.group), scene.looks.size) : 0;
    const x = middle(scales.x, item.x, item.xLow, item.xHigh) + dx, y = middle(scales.y, item.y, item.low, item.high);
    if (!(x >= -1 && y >= -1 && x <= layout.panelWidth + 1 && y <= layout.panelHeight + 1)) continue;
    const box = scene.mode === "points" ? null : boxOf(item, scales, panel);
    found.push({ item, box, panel: panel.index, series: order.get(item.group) ?? 0, x: panel.left + x, y: panel.top + y });
  }
  return found.sort((a, b) => a.panel - b.panel || a.series - b.series || a.x - b.x || a.y - b.y);
}
