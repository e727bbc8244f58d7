// Measures the effect of dropout in chapter 4: the accuracy on the held-out digits, averaged over the last five epochs,
// for each of the six starts, with and without wrong labels. Takes a few minutes, and writes the chapter's numbers:
//
//     node scripts/measure_dropout.mjs

import { readFileSync, writeFileSync } from "node:fs";
import { inflateSync } from "node:zlib";

const SERVER = new URL("../src/inkling/server/", import.meta.url);
const STATIC = new URL("static/", SERVER);
const OUT = new URL("pages/dropout.json", SERVER);
const { DEFAULTS, HELD_OUT, makePair, MAX_EPOCHS, SEEDS, trainBoth } = await import(new URL("js/learn/overfitting.js", STATIC));
const { evaluate } = await import(new URL("js/learn/trainable_network.js", STATIC));
const LAST = 5; // epochs

const content = inflateSync(readFileSync(new URL("data/mnist-test-1000.zlib", STATIC)));
const examples = Array.from(content.subarray(0, 1000), (label, i) => ({
  label,
  tile: Float32Array.from(content.subarray(1000 + 784 * i, 1000 + 784 * (i + 1)), (ink) => ink / 255),
}));
const heldOut = examples.slice(-HELD_OUT);

// The gain of dropout over the plain network, in percentage points, by start.
function gains(settings) {
  return Array.from({ length: SEEDS }, (_, seed) => {
    const pair = makePair(examples, settings, seed);
    const sums = [0, 0];
    for (let epoch = 1; epoch <= MAX_EPOCHS; epoch++) {
      trainBoth(pair);
      if (epoch > MAX_EPOCHS - LAST) pair.forEach(({ network }, i) => (sums[i] += (100 * evaluate(network, heldOut).accuracy) / LAST));
    }
    console.log(settings, `start ${seed}: plain ${sums[0].toFixed(1)} %, with dropout ${sums[1].toFixed(1)} %`);
    return Number((sums[1] - sums[0]).toFixed(1));
  });
}

const found = {
  written_by: "node scripts/measure_dropout.mjs",
  n: DEFAULTS.n,
  wrong: DEFAULTS.wrong,
  gains: { wrong_labels: gains(DEFAULTS), right_labels: gains({ ...DEFAULTS, wrong: 0 }) },
};
writeFileSync(OUT, `${JSON.stringify(found, null, 1)}\n`);
