// Trains a small network on 700 of the 1,000 test digits and draws its curves and weights.

import { loadDigits } from "../common/test_digits.js";
import { drawChart } from "./line_chart.js";
import { choice, colour, paintTile, partsOf, percent, responsiveCanvas, slider, tileOf } from "./widgets.js";
import { RunLoop } from "./run_loop.js";
import { evaluate, makeNetwork, optimizer, randomFrom, trainEpoch } from "./trainable_network.js";

const BATCH = 20;
const HELD_OUT = 300; // the last of the 1,000, never trained on
const N_TRAIN = 700;
const RATES = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const MAX_EPOCHS = 60;
const DIVERGED = { epochs: 5, rate: 0.1, loss: 1.95 }; // a held-out loss near that of guessing, log 10 = 2.3

export async function begin(section) {
  const { controls, go, again, losses, rights, weights, status } = partsOf(section);
  const digits = await loadDigits();
  const examples = Array.from(digits.labels, (label, i) => ({ label, tile: tileOf(digits, i) }));
  const [trainSet, heldOutSet] = [examples.slice(0, N_TRAIN), examples.slice(-HELD_OUT)];
  const chosen = { kind: "sgd", hidden: 0 };
  let run = null; // {network, step, random, history}

  const restart = () => {
    loop.stop();
    const random = randomFrom(7);
    run = { network: makeNetwork(chosen.hidden, random), random, step: optimizer(chosen.kind, RATES[rates.value]), history: [] };
    record();
    show();
  };
  const record = () => {
    const [train, heldOut] = [evaluate(run.network, trainSet), evaluate(run.network, heldOutSet)];
    run.history.push({ train, heldOut });
  };
  const epoch = () => {
    trainEpoch(run.network, trainSet, { step: run.step, random: run.random, size: BATCH });
    record();
    return run.history.length <= MAX_EPOCHS && Number.isFinite(run.history.at(-1).train.loss);
  };
  const show = () => {
    if (!run) return;
    const epochs = run.history.length - 1;
    loop.label({ begun: epochs > 0, done: epochs >= MAX_EPOCHS });
    status.setAttribute("aria-live", loop.running ? "off" : "polite"); // announced when training pauses
    const { train, heldOut } = run.history.at(-1);
    const late = epochs >= DIVERGED.epochs && RATES[rates.value] >= DIVERGED.rate;
    const diverged = late && !(heldOut.loss < DIVERGED.loss); // also true for NaN
    const warning = diverged ? " The steps are too large." : "";
    status.textContent = `${epochs === 1 ? "1 epoch" : `${epochs} epochs`}. Of the ${N_TRAIN} training digits, ${percent(train.accuracy)} are right; of the ${HELD_OUT} held-out digits, ${percent(heldOut.accuracy)}. Loss ${train.loss.toFixed(3)} and ${heldOut.loss.toFixed(3)}.${warning}`;
    Object.assign(section.dataset, { epoch: epochs, heldOut: heldOut.accuracy, loss: train.loss });
    drawLosses();
    drawRights();
    drawWeights();
  };

  const loop = new RunLoop(go, { epoch, changed: show });
  const rates = slider({ label: "Learning rate", min: 0, max: RATES.length - 1, step: 1, value: 5, format: (i) => String(RATES[i]), change: restart });
  const set = (name, read) => (value) => {
    chosen[name] = read(value);
    restart();
  };
  controls.append(
    choice({ label: "Network", options: { 0: "784 → 10 (7,850)", 16: "784 → 16 → 10 (12,730)" }, value: 0, change: set("hidden", Number) }),
    choice({ label: "Steps", options: { sgd: "SGD", adam: "Adam" }, value: "sgd", change: set("kind", String) }),
    rates.element,
  );
  const series = (of) => ["train", "heldOut"].map((name) => run.history.map((each, i) => [i, of(each[name])]));
  const curves = (of, y) => (context, width, height) => {
    if (!run) return;
    const [train, heldOut] = series(of);
    const last = Math.max(10, run.history.length - 1);
    drawChart(context, width, height, {
      lines: [
        { points: train, shade: "quiet", dash: [5, 4], name: "training" },
        { points: heldOut, shade: "blue", name: "held out" },
      ],
      x: { from: 0, to: last, ticks: [0, last] },
      y,
      xName: "epochs",
    });
  };
  const drawLosses = responsiveCanvas(losses, 1.5, curves((each) => each.loss, { from: 0, to: 2.5, ticks: [0, 1, 2] }));
  const drawRights = responsiveCanvas(rights, 1.5, curves((each) => each.accuracy, { from: 0, to: 1, ticks: [0, 0.5, 1], format: percent }));
  const drawWeights = responsiveCanvas(weights, 2.5, (context, width) => run && drawWeightImages(context, width, run.network));
  again.addEventListener("click", restart);
  restart();
}

// The weights of the first layer as images: of the ten outputs, or of the hidden neurons.
function drawWeightImages(context, width, { w1, w2, hidden }) {
  const [source, units] = hidden ? [w1, hidden] : [w2, 10];
  const columns = hidden ? 8 : 5;
  const cell = width / columns;
  const size = Math.min(cell - 6, width / 5 - 6);
  const spread = Math.sqrt(source.reduce((sum, w) => sum + w ** 2, 0) / source.length);
  context.font = `600 13px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = "top";
  context.textAlign = "left";
  for (let unit = 0; unit < units; unit++) {
    const own = Float32Array.from({ length: source.length / units }, (_, i) => source[i * units + unit] / (3 * spread));
    const [x, y] = [(unit % columns) * cell + 3, Math.floor(unit / columns) * cell + 3];
    context.strokeStyle = colour("edge");
    context.lineWidth = 1;
    context.strokeRect(x, y, size, size);
    paintTile(context, own, { x, y, size, positive: "blue" });
    context.fillStyle = colour("text");
    if (!hidden) context.fillText(unit, x + 5, y + 4);
  }
}
