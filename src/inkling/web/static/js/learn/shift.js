// A digit moved about: what the dense network says, and what a feature map keeps.

import { loadDigits } from "../common/digits.js";
import { forward, loadNetwork } from "../common/network.js";
import { convolve, PRESETS } from "./convolve.js";
import { percent } from "../draw/words.js";
import { drawn, paintTile, partsOf, SIDE, slider, tileOf } from "./parts.js";

const NETWORK = "ann-tutorial";
const NUMBER = 0; // a 7

export async function begin(section) {
  const { knobs, digit, dense, conv } = partsOf(section);
  const [digits, network] = await Promise.all([loadDigits(), loadNetwork(NETWORK)]);
  const still = tileOf(digits, NUMBER);
  const moved = () => {
    const tile = new Float32Array(SIDE * SIDE);
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const [column, row] = [x - right.value, y - down.value];
        if (column >= 0 && row >= 0 && column < SIDE && row < SIDE) tile[y * SIDE + x] = still[row * SIDE + column];
      }
    }
    return tile;
  };
  const show = () => {
    again();
    const tile = moved();
    const { probs } = forward(network, tile);
    const best = probs.indexOf(Math.max(...probs));
    const label = digits.labels[NUMBER];
    dense.textContent = `Dense network: ${best}, with ${percent(probs[best])}${best === label ? "" : `. It is a ${label}`}.`;
    const map = convolve(tile, PRESETS.level.weights).map((each) => Math.max(each, 0));
    const mean = map.reduce((sum, each) => sum + each, 0) / map.length;
    conv.textContent = `Map of level edges: largest value ${Math.max(...map).toFixed(2)}, average ${mean.toFixed(3)}.`;
  };
  const say = (value) => `${Math.abs(value)} px`;
  const right = slider({ label: "To the right or left", min: -12, max: 12, step: 1, value: 0, say, change: () => show() });
  const down = slider({ label: "Down or up", min: -12, max: 12, step: 1, value: 0, say, change: () => show() });
  knobs.append(right.element, down.element);
  const again = drawn(digit, 1, (context, width) => paintTile(context, moved(), { size: width }));
  show();
}
