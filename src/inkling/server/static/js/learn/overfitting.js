// Overfitting: trains two identical networks on the same digits, one with dropout, side by side. Some labels are wrong.

import { loadDigits } from "../common/test_digits.js";
import { drawChart } from "./line_chart.js";
import { choice, partsOf, percent, responsiveCanvas, tileOf } from "./widgets.js";
import { RunLoop } from "./run_loop.js";
import { evaluate, makeNetwork, optimizer, randomFrom, trainEpoch } from "./trainable_network.js";

const HIDDEN = 64;
const [BATCH, RATE] = [10, 0.002];
export const HELD_OUT = 300;
export const MAX_EPOCHS = 60;
export const DEFAULTS = { n: 300, wrong: 0.3, dropout: 0.5 }; // dropout helps here: scripts/measure_dropout.mjs
export const SEEDS = 6;

// Two networks before their training, the second with dropout: [{network, step, random, dropout, trainSet, history}].
// Another seed means other digits, other wrong labels, and other initial weights.
export function makePair(examples, { n, wrong, dropout }, seed) {
  const trainSet = withWrongLabels(examples.slice(seed * 61, seed * 61 + n), wrong, randomFrom(seed + 101));
  return [0, dropout].map((share) => {
    const random = randomFrom(seed + 1);
    return { network: makeNetwork(HIDDEN, random), step: optimizer("adam", RATE), random, dropout: share, trainSet, history: [] };
  });
}

// The examples, a `share` of them with a random wrong label.
function withWrongLabels(examples, share, random) {
  return examples.map((each) => (random() < share ? { ...each, label: (each.label + 1 + Math.floor(9 * random())) % 10 } : each));
}

// One epoch of both networks.
export function trainBoth(pair) {
  for (const each of pair) trainEpoch(each.network, each.trainSet, { ...each, size: BATCH });
}

export async function begin(section) {
  const { controls, go, again, plain, dropped, status } = partsOf(section);
  const digits = await loadDigits();
  const examples = Array.from(digits.labels, (label, i) => ({ label, tile: tileOf(digits, i) }));
  const heldOutSet = examples.slice(-HELD_OUT);
  const chosen = { ...DEFAULTS };
  let seed = 3; // with this seed, the gain is near the mean over all seeds
  let pair = null; // [{network, step, random, dropout, history}], the second with dropout

  const restart = () => {
    loop.stop();
    pair = makePair(examples, chosen, seed);
    pair.forEach(record);
    show();
  };
  const record = ({ network, trainSet, history }) => history.push({ train: evaluate(network, trainSet), heldOut: evaluate(network, heldOutSet) });
  const epoch = () => {
    trainBoth(pair);
    pair.forEach(record);
    return pair[0].history.length <= MAX_EPOCHS;
  };
  const show = () => {
    if (!pair) return;
    const epochs = pair[0].history.length - 1;
    loop.label({ begun: epochs > 0, done: epochs >= MAX_EPOCHS });
    status.setAttribute("aria-live", loop.running ? "off" : "polite");
    const [plainNow, droppedNow] = pair.map(({ history }) => history.at(-1));
    const words = ({ train, heldOut }) => `${percent(train.accuracy)} of the ${chosen.n} training labels repeated, ${percent(heldOut.accuracy)} of the ${HELD_OUT} held-out digits read correctly`;
    status.textContent = `${epochs} epochs. Plain: ${words(plainNow)}. With dropout: ${words(droppedNow)}.`;
    Object.assign(section.dataset, { epoch: epochs, train: plainNow.train.accuracy, heldOut: plainNow.heldOut.accuracy, dropped: droppedNow.heldOut.accuracy });
    redraw.forEach((each) => each());
  };

  const loop = new RunLoop(go, { epoch, changed: show });
  const set = (name) => (value) => {
    chosen[name] = Number(value);
    restart();
  };
  controls.append(
    choice({ label: "Digits to learn from", options: { 60: "60", 100: "100", 300: "300" }, value: DEFAULTS.n, change: set("n") }),
    choice({ label: "Wrong labels", options: { 0: "none", 0.15: "15 %", 0.3: "30 %" }, value: DEFAULTS.wrong, change: set("wrong") }),
    choice({ label: "Dropout", options: { 0.25: "a quarter of the neurons", 0.5: "half of them" }, value: DEFAULTS.dropout, change: set("dropout") }),
  );
  const redraw = [plain, dropped].map((canvas, i) =>
    responsiveCanvas(canvas, 1.5, (context, width, height) => {
      if (!pair) return;
      const { history } = pair[i];
      const curve = (name) => history.map((each, epoch) => [epoch, each[name].accuracy]);
      drawChart(context, width, height, {
        lines: [
          { points: curve("train"), shade: "quiet", dash: [5, 4], name: "training" },
          { points: curve("heldOut"), shade: "blue", name: "held out" },
        ],
        x: { from: 0, to: MAX_EPOCHS, ticks: [0, MAX_EPOCHS] },
        y: { from: 0, to: 1, ticks: [0, 0.5, 1], format: percent },
        xName: "epochs",
      });
    }),
  );
  again.addEventListener("click", () => {
    seed = (seed + 1) % SEEDS;
    restart();
  });
  restart();
}
