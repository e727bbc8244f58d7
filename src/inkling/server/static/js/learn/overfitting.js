// Overfitting: trains the same network twice on a few digits, once with dropout, side by side.

import { loadDigits } from "../common/test_digits.js";
import { drawChart } from "./line_chart.js";
import { choice, partsOf, percent, responsiveCanvas, tileOf } from "./widgets.js";
import { RunLoop } from "./run_loop.js";
import { evaluate, makeNetwork, optimizer, randomFrom, trainEpoch } from "./trainable_network.js";

const HIDDEN = 64;
const [BATCH, RATE] = [10, 0.002];
const HELD_OUT = 300;
const MAX_EPOCHS = 80;

export async function begin(section) {
  const { controls, go, again, plain, dropped, status } = partsOf(section);
  const digits = await loadDigits();
  const examples = Array.from(digits.labels, (label, i) => ({ label, tile: tileOf(digits, i) }));
  const heldOutSet = examples.slice(-HELD_OUT);
  const chosen = { n: 60, dropout: 0.5 };
  let seed = 0;
  let pair = null; // [{network, step, random, dropout, history}], the second with dropout

  const restart = () => {
    loop.stop();
    const start = seed * 61; // another seed: other digits, other initial weights
    const trainSet = examples.slice(start, start + chosen.n);
    pair = [0, chosen.dropout].map((dropout) => {
      const random = randomFrom(seed + 1);
      return { network: makeNetwork(HIDDEN, random), step: optimizer("adam", RATE), random, dropout, trainSet, history: [] };
    });
    pair.forEach(record);
    show();
  };
  const record = ({ network, trainSet, history }) => history.push({ train: evaluate(network, trainSet), heldOut: evaluate(network, heldOutSet) });
  const epoch = () => {
    for (const each of pair) {
      trainEpoch(each.network, each.trainSet, { ...each, size: BATCH });
      record(each);
    }
    return pair[0].history.length <= MAX_EPOCHS;
  };
  const show = () => {
    if (!pair) return;
    const epochs = pair[0].history.length - 1;
    loop.label({ begun: epochs > 0, done: epochs >= MAX_EPOCHS });
    status.setAttribute("aria-live", loop.running ? "off" : "polite");
    const [plainNow, droppedNow] = pair.map(({ history }) => history.at(-1));
    const words = ({ train, heldOut }) => `${percent(train.accuracy)} of the ${chosen.n} training digits right, ${percent(heldOut.accuracy)} of the ${HELD_OUT} held-out digits (loss ${heldOut.loss.toFixed(2)})`;
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
    choice({ label: "Digits to learn from", options: { 30: "30", 60: "60", 100: "100", 300: "300" }, value: 60, change: set("n") }),
    choice({ label: "Dropout", options: { 0.25: "a quarter of the neurons", 0.5: "half of them" }, value: 0.5, change: set("dropout") }),
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
    seed = (seed + 1) % 6;
    restart();
  });
  restart();
}
