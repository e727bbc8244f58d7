// Teaches a small network on some of the thousand digits, before one's eyes.

import { loadDigits } from "../common/digits.js";
import { choice, colour, drawn, paintTile, partsOf, percent, slider, tileOf } from "./parts.js";
import { gradient, judge, makeNetwork, optimizer, randomFrom } from "./tinynet.js";

const HIDDEN = 16;
const BATCH = 20;
const HELD_OUT = 300; // the last of the thousand: never learnt from
const RATES = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];
const MOST_EPOCHS = 60;

export async function begin(section) {
  const { knobs, go, again, chart, weights, said } = partsOf(section);
  const digits = await loadDigits();
  const examples = Array.from(digits.labels, (label, i) => ({ label, tile: tileOf(digits, i) }));
  const unseen = examples.slice(-HELD_OUT);
  const chosen = { n: 700, kind: "adam", dropout: 0 };
  let run = null; // what is going on: {network, step, random, history, epoch}
  let timer = null;

  const fresh = () => {
    const random = randomFrom(7);
    const network = makeNetwork(HIDDEN, random);
    const rate = RATES[rates.value];
    run = { network, random, step: optimizer(chosen.kind, rate), seen: examples.slice(0, chosen.n), history: [], epoch: 0 };
    note();
  };
  const note = () => {
    const { network, seen, history } = run;
    const [known, other] = [judge(network, seen), judge(network, unseen)];
    history.push({ seen: known.accuracy, unseen: other.accuracy, loss: known.loss });
    show();
  };
  const epoch = () => {
    const { seen, random, network, step } = run;
    const order = shuffled(seen, random);
    for (let i = 0; i + BATCH <= order.length; i += BATCH) {
      step(network, gradient(network, order.slice(i, i + BATCH), { dropout: chosen.dropout, random }).gradient);
    }
    run.epoch++;
    note();
  };
  const tick = () => {
    epoch();
    const done = run.epoch >= MOST_EPOCHS || !Number.isFinite(run.history.at(-1).loss);
    if (done) pause();
    else timer = setTimeout(tick, 30);
  };
  const pause = () => {
    clearTimeout(timer);
    timer = null;
    show();
  };
  const show = () => {
    go.textContent = timer ? "Pause" : run.epoch >= MOST_EPOCHS ? "Done" : run.epoch ? "Go on" : "Start";
    go.disabled = !timer && run.epoch >= MOST_EPOCHS;
    const { seen, unseen: other, loss } = run.history.at(-1);
    const mood = Number.isFinite(loss) && loss < 8 ? "" : " The steps are too large: it has gone astray.";
    said.textContent = `After ${run.epoch} rounds: ${percent(seen)} of the ${chosen.n} that it learns from are right, ${percent(other)} of the ${HELD_OUT} that it has never seen. Loss ${loss.toFixed(3)}.${mood}`;
    section.dataset.epoch = run.epoch;
    section.dataset.unseen = other;
    drawChart();
    drawWeights();
  };
  const restart = () => {
    clearTimeout(timer);
    timer = null;
    fresh();
  };

  const rates = slider({ label: "Learning rate", min: 0, max: RATES.length - 1, step: 1, value: 3, say: (i) => String(RATES[i]), change: restart });
  const set = (name, read = Number) => (value) => {
    chosen[name] = read(value);
    restart();
  };
  knobs.append(
    choice({ label: "Digits to learn from", options: { 50: "50", 200: "200", 700: "700" }, value: 700, change: set("n") }),
    choice({ label: "Steps", options: { adam: "Adam", sgd: "SGD" }, value: "adam", change: set("kind", String) }),
    choice({ label: "Dropout", options: { 0: "none", 0.25: "a quarter", 0.5: "half" }, value: 0, change: set("dropout") }),
    rates.element,
  );
  const drawChart = drawn(chart, 1.5, (context, width, height) => run && curves(context, width, height, run.history));
  const drawWeights = drawn(weights, 1, (context, width) => run && pictures(context, width, run.network));
  go.addEventListener("click", () => {
    if (timer) return pause();
    timer = setTimeout(tick, 0);
    show();
  });
  again.addEventListener("click", restart);
  fresh();
}

function shuffled(list, random) {
  const order = [...list];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

function curves(context, width, height, history) {
  const [left, right, top, bottom] = [46, width - 92, 10, height - 24];
  const x = (i) => left + ((right - left) * i) / Math.max(10, history.length - 1);
  const y = (share) => bottom - (bottom - top) * share;
  context.font = `13px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = "middle";
  for (const share of [0, 0.5, 1]) {
    context.strokeStyle = colour("edge");
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(left, y(share));
    context.lineTo(right, y(share));
    context.stroke();
    context.fillStyle = colour("quiet");
    context.textAlign = "right";
    context.fillText(percent(share), left - 6, y(share));
  }
  const ends = [];
  for (const [name, shade, dash] of [["seen", "quiet", [5, 4]], ["unseen", "blue", []]]) {
    context.strokeStyle = colour(shade);
    context.lineWidth = 2.5;
    context.setLineDash(dash);
    context.beginPath();
    history.forEach((each, i) => context.lineTo(x(i), y(each[name])));
    context.stroke();
    context.setLineDash([]);
    ends.push({ name: name === "seen" ? "learnt from" : "never seen", shade, at: y(history.at(-1)[name]) });
  }
  if (Math.abs(ends[0].at - ends[1].at) < 18) [ends[0].at, ends[1].at] = [ends[1].at - 9, ends[1].at + 9];
  context.textAlign = "left";
  for (const { name, shade, at } of ends) {
    context.fillStyle = colour(shade);
    context.fillText(name, x(history.length - 1) + 6, Math.min(bottom, Math.max(top, at)));
  }
}

function pictures(context, width, { w1, hidden }) {
  const columns = Math.ceil(Math.sqrt(hidden));
  const cell = width / columns;
  const most = w1.reduce((top, w) => Math.max(top, Math.abs(w)), 0.001);
  for (let unit = 0; unit < hidden; unit++) {
    const own = Float32Array.from({ length: w1.length / hidden }, (_, i) => (1.6 * w1[i * hidden + unit]) / most);
    const [x, y] = [(unit % columns) * cell, Math.floor(unit / columns) * cell];
    paintTile(context, own, { x: x + 1, y: y + 1, size: cell - 2, positive: "blue" });
  }
}
