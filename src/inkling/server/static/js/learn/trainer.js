// Teaches a small network on some of the thousand digits, before one's eyes.

import { loadDigits } from "../common/digits.js";
import { drawChart } from "./chart.js";
import { choice, colour, drawn, paintTile, partsOf, percent, slider, tileOf } from "./parts.js";
import { Stopwatch } from "./stopwatch.js";
import { judge, learnRound, makeNetwork, optimizer, randomFrom } from "./tinynet.js";

const BATCH = 20;
const HELD_OUT = 300; // the last of the thousand: never learnt from
const TAUGHT = 700;
const RATES = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const MOST_ROUNDS = 60;
const ASTRAY = { rounds: 5, rate: 0.1, loss: 1.95 }; // after so many such steps, hardly better than guessing, which costs log 10 = 2.3

export async function begin(section) {
  const { knobs, go, again, losses, rights, weights, said } = partsOf(section);
  const digits = await loadDigits();
  const examples = Array.from(digits.labels, (label, i) => ({ label, tile: tileOf(digits, i) }));
  const [taught, unseen] = [examples.slice(0, TAUGHT), examples.slice(-HELD_OUT)];
  const chosen = { kind: "sgd", hidden: 0 };
  let run = null; // what is going on: {network, step, random, history}

  const fresh = () => {
    clock.stop();
    const random = randomFrom(7);
    run = { network: makeNetwork(chosen.hidden, random), random, step: optimizer(chosen.kind, RATES[rates.value]), history: [] };
    note();
    show();
  };
  const note = () => {
    const [known, other] = [judge(run.network, taught), judge(run.network, unseen)];
    run.history.push({ known, other });
  };
  const round = () => {
    learnRound(run.network, taught, { step: run.step, random: run.random, size: BATCH });
    note();
    return run.history.length <= MOST_ROUNDS && Number.isFinite(run.history.at(-1).known.loss);
  };
  const show = () => {
    if (!run) return;
    const rounds = run.history.length - 1;
    clock.label({ begun: rounds > 0, done: rounds >= MOST_ROUNDS });
    said.setAttribute("aria-live", clock.running ? "off" : "polite"); // told once it rests
    const { known, other } = run.history.at(-1);
    const late = rounds >= ASTRAY.rounds && RATES[rates.value] >= ASTRAY.rate;
    const astray = late && !(other.loss < ASTRAY.loss); // also when it is no number
    const mood = astray ? " The steps are too large." : "";
    said.textContent = `${rounds === 1 ? "1 round" : `${rounds} rounds`}. Of the ${TAUGHT} that it learns from, ${percent(known.accuracy)} right; of ${HELD_OUT} that it never sees, ${percent(other.accuracy)}. Loss ${known.loss.toFixed(3)} and ${other.loss.toFixed(3)}.${mood}`;
    Object.assign(section.dataset, { epoch: rounds, unseen: other.accuracy, loss: known.loss });
    drawLosses();
    drawRights();
    drawWeights();
  };

  const clock = new Stopwatch(go, { round, changed: show });
  const rates = slider({ label: "Learning rate", min: 0, max: RATES.length - 1, step: 1, value: 5, say: (i) => String(RATES[i]), change: fresh });
  const set = (name, read) => (value) => {
    chosen[name] = read(value);
    fresh();
  };
  knobs.append(
    choice({ label: "Network", options: { 0: "784 → 10 (7,850)", 16: "784 → 16 → 10 (12,730)" }, value: 0, change: set("hidden", Number) }),
    choice({ label: "Steps", options: { sgd: "SGD", adam: "Adam" }, value: "sgd", change: set("kind", String) }),
    rates.element,
  );
  const series = (of) => ["known", "other"].map((who) => run.history.map((each, i) => [i, of(each[who])]));
  const curves = (of, y) => (context, width, height) => {
    if (!run) return;
    const [seen, other] = series(of);
    const last = Math.max(10, run.history.length - 1);
    drawChart(context, width, height, {
      lines: [
        { points: seen, shade: "quiet", dash: [5, 4], name: "learnt from" },
        { points: other, shade: "blue", name: "never seen" },
      ],
      x: { from: 0, to: last, ticks: [0, last] },
      y,
      xName: "rounds",
    });
  };
  const drawLosses = drawn(losses, 1.5, curves((each) => each.loss, { from: 0, to: 2.5, ticks: [0, 1, 2] }));
  const drawRights = drawn(rights, 1.5, curves((each) => each.accuracy, { from: 0, to: 1, ticks: [0, 0.5, 1], say: percent }));
  const drawWeights = drawn(weights, 2.5, (context, width) => run && pictures(context, width, run.network));
  again.addEventListener("click", fresh);
  fresh();
}

// What each neuron that sees the pixels looks for: ten scores, or the hidden neurons.
function pictures(context, width, { w1, w2, hidden }) {
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
