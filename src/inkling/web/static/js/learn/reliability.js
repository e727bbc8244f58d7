// All thousand test digits through `ann-tutorial`: how many answers of about one confidence are right.

import { loadDigits } from "../common/digits.js";
import { forward, loadNetwork, softmax } from "../common/network.js";
import { colour, drawn, partsOf, percent, slider, tileOf } from "./parts.js";

const NETWORK = "ann-tutorial";
const BINS = 10;

// Answers {logits, label} at a temperature -> {bins: [{n, right, confidence}], error, accuracy}: Guo et al. 2017, eq. 3.
export function reliability(answers, temperature) {
  const bins = Array.from({ length: BINS }, () => ({ n: 0, right: 0, confidence: 0 }));
  for (const { logits, label } of answers) {
    const shares = softmax(logits, temperature);
    const best = shares.indexOf(Math.max(...shares));
    const bin = bins[Math.min(BINS - 1, Math.floor(shares[best] * BINS))];
    bin.n++;
    bin.right += best === label;
    bin.confidence += shares[best];
  }
  const error = bins.reduce((sum, { right, confidence }) => sum + Math.abs(right - confidence), 0) / answers.length;
  return { bins, error, accuracy: bins.reduce((sum, { right }) => sum + right, 0) / answers.length };
}

export async function begin(section) {
  const { knobs, chart, said } = partsOf(section);
  const [digits, network] = await Promise.all([loadDigits(), loadNetwork(NETWORK)]);
  const answers = Array.from(digits.labels, (label, i) => ({ label, logits: forward(network, tileOf(digits, i)).logits }));
  const found = () => reliability(answers, heat.value);
  const show = () => {
    again();
    const { error, accuracy } = found();
    const mood = heat.value < 0.7 ? "It boasts." : heat.value > 1.6 ? "It is too humble." : "";
    said.textContent = `${(100 * accuracy).toFixed(1)} % of 1,000 are right, whatever the temperature. What is promised and what is kept differ by ${(100 * error).toFixed(1)} points on average. ${mood}`;
  };
  const say = (value) => value.toFixed(2);
  const heat = slider({ label: "Temperature", min: 0.2, max: 5, step: 0.05, value: 1, say, change: () => show() });
  knobs.append(heat.element);
  const again = drawn(chart, 1.7, (context, width, height) => draw(context, width, height, found().bins));
  show();
}

function draw(context, width, height, bins) {
  const [left, bottom, top] = [44, height - 26, 10];
  const [w, h] = [(width - left - 8) / BINS, bottom - top];
  context.font = `13px ${getComputedStyle(document.body).fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  bins.forEach(({ n, right }, i) => {
    const x = left + i * w;
    context.fillStyle = colour("quiet");
    context.fillText(percent(i / BINS), x, bottom + 14);
    if (!n) return;
    context.fillStyle = colour("blue");
    context.globalAlpha = n < 10 ? 0.4 : 1; // few answers say little
    context.fillRect(x + 2, bottom - (right / n) * h, w - 4, (right / n) * h);
    context.globalAlpha = 1;
    context.fillStyle = colour(right / n > 0.15 ? "paper" : "text");
    if (w > 34) context.fillText(n, x + w / 2, bottom - Math.max(12, (right / n) * h - 12));
  });
  context.strokeStyle = colour("ochre");
  context.lineWidth = 2;
  context.setLineDash([6, 4]);
  context.beginPath();
  context.moveTo(left, bottom);
  context.lineTo(left + BINS * w, top);
  context.stroke();
  context.setLineDash([]);
  context.fillStyle = colour("quiet");
  context.textAlign = "right";
  for (const share of [0, 0.5, 1]) context.fillText(percent(share), left - 6, bottom - share * h);
}
