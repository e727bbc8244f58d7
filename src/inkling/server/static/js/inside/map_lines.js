// The lines of the overview: what each map adds to the maps after it, and what the last maps add to the score. A wider
// line means that a map adds more; if it adds less than 0, the line is ochre and dashed.

import { colours } from "../common/colours.js";

const WIDEST = 5; // CSS pixels
const LEAST_SHARE = 0.06; // of the largest value between two layers; smaller values are not drawn
const FADED = 0.12; // opacity of lines that do not belong to the map under the pointer

export function drawLines({ canvas, layout, run, shown, target, focus }) {
  const context = canvas.getContext("2d");
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, layout.width, layout.height);
  context.lineCap = "round";
  for (const { from, to, values } of bundles({ layout, run, shown, target })) {
    const peak = values.reduce((most, { value }) => Math.max(most, Math.abs(value)), 1e-9);
    for (const line of values) {
      const share = Math.abs(line.value) / peak;
      if (share >= LEAST_SHARE) drawLine(context, layout, from(line), to(line), line.value, share, isMeant(line, focus));
    }
  }
  context.globalAlpha = 1;
  context.setLineDash([]);
}

// All lines between one layer and the next: `values` [{a, b, value, before, after}], `from` and `to` return the ends of
// a line.
function* bundles({ layout, run, shown, target }) {
  const half = layout.side / 2;
  const behind = ({ x, y }) => (layout.isWide ? { x: x + half, y } : { x, y: y + half });
  const front = ({ x, y }) => (layout.isWide ? { x: x - half, y } : { x, y: y - half });
  const place = (layer, k) => layout.maps[layer][k];
  for (let i = 0; i < run.maps.length; i++) {
    const layer = run.maps[i];
    if (!layer.canAdd) continue;
    const before = i === 0 ? [0] : shown[i - 1];
    const values = shown[i].flatMap((channel, b) => {
      const shares = layer.shares(channel);
      return before.map((input, a) => ({
        a, b, value: shares[input], before: { layer: i - 1, channel: input }, after: { layer: i, channel },
      })); // prettier-ignore
    });
    const tile = layout.isWide ? { x: layout.tile.x + layout.tile.side / 2, y: layout.tile.y } : { x: layout.tile.x, y: layout.tile.y + layout.tile.side / 2 };
    yield { from: ({ a }) => (i === 0 ? tile : behind(place(i - 1, a))), to: ({ b }) => front(place(i, b)), values };
  }
  const last = run.maps.length - 1;
  const score = run.scoreOf(target);
  if (!score || run.features.channels !== run.maps[last].channels) return;
  const values = shown[last].map((channel, a) => ({
    a, b: target, value: score.values[channel] * score.weights[channel], before: { layer: last, channel }, after: { output: target },
  })); // prettier-ignore
  const gap = (layout.isWide ? layout.score.w : layout.score.h) / 2;
  const end = ({ x, y }) => (layout.isWide ? { x: x - gap, y } : { x, y: y - gap });
  yield { from: ({ a }) => behind(place(last, a)), to: () => end(layout.scores[target]), values };
}

function isMeant({ before, after }, focus) {
  if (!focus) return true;
  const is = (end) => (focus.output === undefined ? end.layer === focus.layer && end.channel === focus.channel : end.output === focus.output);
  return is(before) || is(after);
}

function drawLine(context, { isWide }, from, to, value, share, isMeant) {
  context.strokeStyle = value < 0 ? colours().ochre : colours().blue;
  context.globalAlpha = isMeant ? 0.25 + 0.65 * share : FADED * share;
  context.lineWidth = Math.max(0.7, WIDEST * share);
  context.setLineDash(value < 0 ? [5, 5] : []);
  context.beginPath();
  context.moveTo(from.x, from.y);
  if (isWide) context.bezierCurveTo((from.x + to.x) / 2, from.y, (from.x + to.x) / 2, to.y, to.x, to.y);
  else context.bezierCurveTo(from.x, (from.y + to.y) / 2, to.x, (from.y + to.y) / 2, to.x, to.y);
  context.stroke();
}
