// The example shown before the first training run: how the tutorial network learned, from its report and its weights.

import { loadDigits } from "../common/test_digits.js";
import { loadNetwork } from "../common/dense_network.js";
import { report } from "../model/report_client.js";
import { showSnapshot } from "./snapshot.js";

const NETWORK = "ann-tutorial";
const [N_MAPS, SIDE, N_WRONG] = [24, 28, 12];

let loading = null;

// {loss, accuracy, show}: `loss` and `accuracy` are {training, heldOut, epochs} for the curves; `show()` shows the
// rest. Throws if the server lacks the network.
export function example() {
  loading ??= load();
  return loading;
}

async function load() {
  const [{ history, confusion, mistakes }, network, digits] = await Promise.all([report(NETWORK), loadNetwork(NETWORK), loadDigits()]);
  const line = (name) => history.epoch.map((epoch, i) => [epoch, history[name][i]]);
  const epochs = history.epoch.length;
  const snapshot = { weights: weightMaps(network), judged: judged(confusion), wrong: wrongOf(mistakes, digits) };
  return {
    loss: { training: line("loss"), heldOut: line("val_loss"), epochs },
    accuracy: { training: line("accuracy"), heldOut: line("val_accuracy"), epochs },
    show: () => showSnapshot(snapshot),
  };
}

// Weights in the format of the lab's snapshots: bytes; 128 is 0, 1 and 255 are minus and plus `scale`.
function weightMaps({ w1, hidden }) {
  const sorted = w1.map(Math.abs).sort();
  const scale = sorted[Math.floor(0.995 * sorted.length)];
  const maps = new Uint8Array(N_MAPS * SIDE * SIDE);
  for (let unit = 0; unit < N_MAPS; unit++) {
    for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
      const share = Math.max(-1, Math.min(1, w1[pixel * hidden + unit] / scale));
      maps[unit * SIDE * SIDE + pixel] = 128 + Math.round(127 * share);
    }
  }
  return { maps, side: SIDE, n: N_MAPS, of: hidden, scale };
}

function judged(confusion) {
  const n = confusion.flat().reduce((sum, each) => sum + each, 0);
  const right = confusion.reduce((sum, row, i) => sum + row[i], 0);
  return { confusion, n, accuracy: right / n, kind: "test images" };
}

// The misread digits among the page's 1,000 test digits.
function wrongOf({ index, label, read, confidence }, { images, labels }) {
  const chosen = index.map((number, i) => ({ number, i })).filter(({ number }) => number < labels.length).slice(0, N_WRONG);
  const tiles = new Uint8Array(chosen.length * SIDE * SIDE);
  chosen.forEach(({ number }, k) => tiles.set(images.subarray(number * SIDE * SIDE, (number + 1) * SIDE * SIDE), k * SIDE * SIDE));
  const of = (values) => chosen.map(({ i }) => values[i]);
  return { tiles, labels: of(label), read: of(read), confidence: of(confidence) };
}
