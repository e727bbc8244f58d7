// Line charts on a canvas, in the page's colors.

import { colour } from "./widgets.js";

const [FONT_PX, GAP] = [13, 17];

// `lines`: [{points: [[x, y]], shade, dash, name}]; the name is written at the line's end. `x`, `y`: {from, to, ticks,
// format}. `mark` is an x to highlight. Values out of range are drawn at the edge.
export function drawChart(context, width, height, { lines, x, y, xName = "", mark = null }) {
  context.font = `${FONT_PX}px ${getComputedStyle(document.body).fontFamily}`;
  const names = lines.filter((line) => line.name && line.points.length > 1);
  const margin = Math.max(12, ...lines.map((line) => context.measureText(line.name ?? "").width + 12));
  const [left, right, top, bottom] = [46, width - margin, 10, height - (xName ? 42 : 24)];
  const clamp = (share) => Math.max(0, Math.min(1, share));
  const across = (value) => left + (right - left) * clamp((value - x.from) / (x.to - x.from));
  const up = (value) => bottom - (bottom - top) * clamp((value - y.from) / (y.to - y.from));
  axes(context, { left, right, top, bottom, across, up, x, y, xName });
  if (mark !== null) stroke(context, [[across(mark), top], [across(mark), bottom]], { shade: "ochre", thickness: 1.5, dash: [3, 4] });
  for (const line of lines) {
    stroke(context, line.points.map(([a, b]) => [across(a), up(b)]), { thickness: 2.5, ...line });
  }
  const ends = names.map(({ name, shade, points }) => ({ name, shade, x: across(points.at(-1)[0]), y: up(points.at(-1)[1]) }));
  context.textAlign = "left";
  for (const { name, shade, x: end, y: at } of apart(ends, top, bottom)) {
    context.fillStyle = colour(shade);
    context.fillText(name, end + 7, at);
  }
}

function axes(context, { left, right, top, bottom, across, up, x, y, xName }) {
  context.textBaseline = "middle";
  context.fillStyle = colour("quiet");
  context.textAlign = "right";
  for (const tick of y.ticks) {
    stroke(context, [[left, up(tick)], [right, up(tick)]], { shade: "edge", thickness: 1 });
    context.fillText((y.format ?? String)(tick), left - 7, up(tick));
  }
  context.textAlign = "center";
  for (const tick of x.ticks) context.fillText((x.format ?? String)(tick), across(tick), bottom + 14);
  if (xName) context.fillText(xName, (left + right) / 2, bottom + 32);
}

export function stroke(context, points, { shade, thickness = 2, dash = [] }) {
  context.strokeStyle = colour(shade);
  context.lineWidth = thickness;
  context.lineJoin = "round";
  context.setLineDash(dash);
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
  context.setLineDash([]);
}

// Moves labels up or down until they do not overlap.
function apart(ends, top, bottom) {
  const sorted = [...ends].sort((a, b) => a.y - b.y);
  for (let i = 1; i < sorted.length; i++) sorted[i].y = Math.max(sorted[i].y, sorted[i - 1].y + GAP);
  let most = bottom;
  for (const end of sorted.reverse()) {
    end.y = Math.max(top, Math.min(end.y, most));
    most = end.y - GAP;
  }
  return sorted;
}
