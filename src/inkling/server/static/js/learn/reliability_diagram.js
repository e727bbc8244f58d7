// The reliability diagram of a network on the 1,000 test digits: accuracy by confidence bin.

import { loadDigits } from "../common/test_digits.js";
import { forward, loadNetwork, softmax } from "../common/dense_network.js";
import { argmax, choice, colour, partsOf, percent, responsiveCanvas, shifted, slider, tileOf } from "./widgets.js";

const BINS = 10;
const FEW = 10; // a bar with fewer answers is drawn pale

// Answers {logits, label} at a temperature -> {bins: [{n, right, confidence}], error, accuracy, confidence}: `error` is the
// expected calibration error (Guo et al. 2017, equation 3).
export function reliability(answers, temperature) {
  const bins = Array.from({ length: BINS }, () => ({ n: 0, right: 0, confidence: 0 }));
  for (const { logits, label } of answers) {
    const probs = softmax(logits, temperature);
    const best = argmax(probs);
    const bin = bins[Math.min(BINS - 1, Math.floor(probs[best] * BINS))];
    bin.n++;
    bin.right += best === label;
    bin.confidence += probs[best];
  }
  const total = (of) => bins.reduce((sum, bin) => sum + of(bin), 0) / answers.length;
  return {
    bins,
    error: total(({ right, confidence }) => Math.abs(right - confidence)),
    accuracy: total(({ right }) => right),
    confidence: total(({ confidence }) => confidence),
  };
}

// The 95 % interval of a share of n, by Wilson's formula (1927): [low, high].
export function wilson(right, n) {
  const [z, p] = [1.96, right / n];
  const middle = (p + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z / (1 + z ** 2 / n)) * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2));
  return [middle - half, middle + half];
}

export async function begin(section) {
  const { controls, chart, status, fitted } = partsOf(section);
  const digits = await loadDigits();
  const tiles = Array.from(digits.labels, (_, i) => tileOf(digits, i));
  let network = await loadNetwork("ann-tutorial");
  let answers = [];
  const read = () => {
    answers = tiles.map((tile, i) => ({ label: digits.labels[i], logits: forward(network, shifted(tile, offset.value, 0)).logits }));
    show();
  };
  const show = () => {
    again();
    const { error, accuracy, confidence } = reliability(answers, temperature.value);
    const points = (100 * (confidence - accuracy)).toFixed(1);
    const verdict = points >= 0.1 ? `It is overconfident by ${points} points.` : points <= -0.1 ? `It is underconfident by ${-points} points.` : "On average its confidence is right.";
    status.textContent = `${(100 * accuracy).toFixed(1)} % of 1,000 are right; its mean confidence is ${(100 * confidence).toFixed(1)} %. ${verdict} Averaged over the bars, the two differ by ${(100 * error).toFixed(1)} points.`;
  };
  const format = (value) => value.toFixed(2);
  const temperature = slider({ label: "Temperature", min: 0.2, max: 5, step: 0.01, value: 1, format, change: () => show() });
  const offset = slider({ label: "Shift of each digit", min: 0, max: 6, step: 1, value: 0, format: (v) => `${v} px`, change: () => read() });
  const which = choice({
    label: "Network",
    options: { "ann-tutorial": "ann-tutorial", ann: "ann" },
    value: "ann-tutorial",
    change: async (name) => {
      network = await loadNetwork(name);
      read();
    },
  });
  controls.append(temperature.element, offset.element, which);
  fitted.addEventListener("click", () => {
    temperature.set(network.temperature);
    show();
  });
  const again = responsiveCanvas(chart, [1.9, 1.3], (context, width, height) => draw(context, width, height, reliability(answers, temperature.value).bins));
  read();
}

function draw(context, width, height, bins) {
  const [left, bottom, top] = [46, height - 44, 10];
  const [w, h] = [(width - left - 8) / BINS, bottom - top];
  context.font = `13px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.lineWidth = 1;
  for (const share of [0, 0.5, 1]) {
    context.strokeStyle = colour("edge");
    context.strokeRect(left, bottom - share * h, BINS * w, 0);
    context.fillStyle = colour("quiet");
    context.fillText(percent(share), left - 7, bottom - share * h);
  }
  context.textAlign = "center";
  context.fillText("confidence", left + (BINS * w) / 2, bottom + 34);
  const every = w > 40 ? 1 : 5;
  for (let i = 0; i <= BINS; i += every) context.fillText(percent(i / BINS), left + i * w - (i === BINS ? 12 : 0), bottom + 15);
  bins.forEach(({ n, right }, i) => n && bar(context, { x: left + i * w, w, bottom, h }, n, right));
  context.strokeStyle = colour("ochre");
  context.lineWidth = 2;
  context.setLineDash([6, 4]);
  context.beginPath();
  context.moveTo(left, bottom);
  context.lineTo(left + BINS * w, top);
  context.stroke();
  context.setLineDash([]);
}

// One bin: the accuracy, its Wilson interval, and the number of answers.
function bar(context, { x, w, bottom, h }, n, right) {
  const tall = (right / n) * h;
  context.fillStyle = colour("blue");
  context.globalAlpha = n < FEW ? 0.4 : 0.85;
  context.fillRect(x + 2, bottom - tall, w - 4, tall);
  context.globalAlpha = 1;
  const [low, high] = wilson(right, n).map((share) => bottom - share * h);
  context.strokeStyle = colour("ink");
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x + w / 2, low);
  context.lineTo(x + w / 2, high);
  for (const y of [low, high]) {
    context.moveTo(x + w / 2 - 4, y);
    context.lineTo(x + w / 2 + 4, y);
  }
  context.stroke();
  context.font = `${w > 34 ? 13 : 11}px ${getComputedStyle(document.body).fontFamily}`;
  const text = String(n);
  const wide = context.measureText(text).width + 6;
  context.fillStyle = colour("paper");
  context.fillRect(x + w / 2 - wide / 2, bottom - 20, wide, 16);
  context.fillStyle = colour("text");
  context.fillText(text, x + w / 2, bottom - 12);
}
