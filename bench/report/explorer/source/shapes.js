// The outlines of marks, of about the same area, around the origin; named as matplotlib names them.

const TURN = 2 * Math.PI;

function polygon(corners, start, size = 1) {
  return Array.from({ length: corners }, (_, index) => {
    const angle = start + (index * TURN) / corners;
    return [Math.cos(angle) * size, Math.sin(angle) * size];
  });
}

function star() {
  return Array.from({ length: 10 }, (_, index) => {
    const angle = -TURN / 4 + (index * TURN) / 10;
    const size = index % 2 ? 0.55 : 1.35;
    return [Math.cos(angle) * size, Math.sin(angle) * size];
  });
}

function plus(turn) {
  const arm = 0.42, long = 1.15;
  const corners = [[-arm, -long], [arm, -long], [arm, -arm], [long, -arm], [long, arm], [arm, arm], [arm, long], [-arm, long], [-arm, arm], [-long, arm], [-long, -arm], [-arm, -arm]];
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return corners.map(([x, y]) => [x * cos - y * sin, x * sin + y * cos]);
}

const OUTLINES = {
  s: polygon(4, TURN / 8, 1.25), D: polygon(4, 0, 1.3), d: polygon(4, 0, 1.2).map(([x, y]) => [x * 0.7, y * 1.25]),
  "^": polygon(3, -TURN / 4, 1.35), v: polygon(3, TURN / 4, 1.35), "<": polygon(3, TURN / 2, 1.35), ">": polygon(3, 0, 1.35),
  p: polygon(5, -TURN / 4, 1.15), h: polygon(6, 0, 1.1), H: polygon(6, TURN / 12, 1.1), 8: polygon(8, TURN / 16, 1.1),
  "*": star(), P: plus(0), X: plus(TURN / 8),
};

/** The corners of a mark; null for a circle. */
export function outline(mark) {
  return OUTLINES[mark] ?? null;
}
