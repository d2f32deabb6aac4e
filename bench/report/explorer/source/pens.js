// Two pens with the same strokes: one draws on a canvas, for the screen and PNG, the other writes SVG.

import { outline } from "./shapes.js";

export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';

/** A pen that draws on the context of a canvas. */
export function canvasPen(context) {
  return {
    rect(x, y, width, height, fill, stroke) {
      if (fill) (context.fillStyle = fill), context.fillRect(x, y, width, height);
      if (stroke) (context.strokeStyle = stroke), (context.lineWidth = 1), context.strokeRect(x, y, width, height);
    },
    line(points, { stroke, width = 1, dash = [] }) {
      context.strokeStyle = stroke;
      context.lineWidth = width;
      if (dash.length) context.setLineDash(dash);
      context.beginPath();
      points.forEach(([x, y], index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
      context.stroke();
      if (dash.length) context.setLineDash([]);
    },
    mark(mark, x, y, size, { fill, stroke, width = 1 }) {
      context.beginPath();
      const corners = outline(mark);
      if (corners) corners.forEach(([dx, dy], index) => (index ? context.lineTo(x + dx * size, y + dy * size) : context.moveTo(x + dx * size, y + dy * size)));
      else context.arc(x, y, size, 0, 2 * Math.PI);
      context.closePath();
      if (fill) (context.fillStyle = fill), context.fill();
      if (stroke) (context.strokeStyle = stroke), (context.lineWidth = width), context.stroke();
    },
    text(text, x, y, { fill, size = 12, anchor = "start", weight = 400, turn = 0 }) {
      context.save();
      context.translate(x, y);
      context.rotate((turn * Math.PI) / 180);
      context.font = `${weight} ${size}px ${FONT}`;
      context.fillStyle = fill;
      context.textAlign = anchor === "middle" ? "center" : anchor;
      context.textBaseline = "middle";
      context.fillText(text, 0, 0);
      context.restore();
    },
    inside(x, y, width, height, draw) {
      context.save();
      context.beginPath();
      context.rect(x, y, width, height);
      context.clip();
      draw();
      context.restore();
    },
  };
}

/** A pen that writes SVG; `finish` gives the whole file. */
export function svgPen(width, height, title) {
  const parts = [];
  // The offset of the part that is being drawn: an inner svg element cuts at its edges, and moves the origin.
  let dx = 0, dy = 0;
  const n = (value) => String(Math.round(value * 100) / 100);
  const look = ({ fill, stroke, width: lineWidth = 1, dash = [] }) =>
    `fill="${escaped(fill ?? "none")}"${stroke ? ` stroke="${escaped(stroke)}" stroke-width="${lineWidth}"` : ""}${dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : ""}`;
  const path = (points) => points.map(([x, y]) => `${n(x - dx)},${n(y - dy)}`).join(" ");
  return {
    rect: (x, y, w, h, fill, stroke) => parts.push(`<rect x="${n(x - dx)}" y="${n(y - dy)}" width="${n(w)}" height="${n(h)}" ${look({ fill, stroke })}/>`),
    line: (points, style) => parts.push(`<polyline points="${path(points)}" ${look({ ...style, fill: null })}/>`),
    mark(mark, x, y, size, style) {
      const corners = outline(mark);
      if (corners) parts.push(`<polygon points="${path(corners.map(([a, b]) => [x + a * size, y + b * size]))}" ${look(style)}/>`);
      else parts.push(`<circle cx="${n(x - dx)}" cy="${n(y - dy)}" r="${n(size)}" ${look(style)}/>`);
    },
    text(text, x, y, { fill, size = 12, anchor = "start", weight = 400, turn = 0 }) {
      const at = `x="${n(x - dx)}" y="${n(y - dy)}"`;
      const turned = turn ? ` transform="rotate(${turn} ${n(x - dx)} ${n(y - dy)})"` : "";
      parts.push(`<text ${at} dy="0.35em" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${escaped(fill)}"${turned}>${escaped(text)}</text>`);
    },
    inside(x, y, w, h, draw) {
      parts.push(`<svg x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" overflow="hidden">`);
      [dx, dy] = [x, y];
      draw();
      [dx, dy] = [0, 0];
      parts.push("</svg>");
    },
    finish: () =>
      `<svg xmlns="${namespace()}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escaped(FONT)}" role="img"><title>${escaped(title)}</title>${parts.join("")}</svg>\n`,
  };
}

/** The name of SVG's namespace, asked of the browser: a page without any address is easily seen to load nothing. */
function namespace() {
  const holder = document.createElement("div");
  holder.innerHTML = "<svg></svg>";
  return holder.firstChild.namespaceURI;
}

function escaped(text) {
  // Characters that XML does not allow at all would make the file unreadable.
  return String(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
