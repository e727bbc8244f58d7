// Remarks about a reading, in words that agree with its numbers.
//
// They answer two separate questions: whether ink is a digit, and which digit it is.

import { percent } from "./page_text.js";

const [YES_FROM, NO_FROM] = [0.05, 0.5]; // probability of "none of the ten": "Yes" below the first, "Hardly" from the second on
const COUNTS = ["no", "a", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const NAMES = {
  point: ["dot", "dots"], comma: ["comma", "commas"], minus: ["dash", "dashes"], plus: ["plus sign", "plus signs"],
  slash: ["slash", "slashes"], colon: ["colon", "colons"], percent: ["percent sign", "percent signs"],
  bracket: ["bracket", "brackets"], currency: ["currency sign", "currency signs"],
  crossed_out: ["crossed-out mark", "crossed-out marks"], edge: ["mark at the edge", "marks at the edge"],
  text: ["piece of other writing", "pieces of other writing"],
}; // prettier-ignore
const WRITTEN = {
  point: ".", comma: ",", minus: "-", plus: "+", slash: "/", colon: ":", percent: "%", bracket: "()", currency: "\u00a4",
}; // prettier-ignore

// For instance "Ignored: a dash."; "" if there is nothing to mention. Marks and refused ink are not mentioned, because
// the reason for the outcome does that.
export function ignoredInWords({ others, written }) {
  const counts = new Map();
  for (const { kind } of others) if (kind in NAMES) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const said = [];
  for (const [kind, n] of counts) {
    const left = n - [...written].filter((sign) => WRITTEN[kind]?.includes(sign)).length;
    if (left > 0) said.push(`${COUNTS[left] ?? left} ${NAMES[kind][left === 1 ? 0 : 1]}`);
  }
  return said.length ? `Ignored: ${listed(said)}.` : "";
}

// "a dash, two dots and a comma"
function listed(words) {
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words[0];
}

// Whether ink is a digit, as {share, words}; `share` is the probability, 0..1, or null if it is unknown. `canTell`:
// whether the network has an output for "none of the ten". `kind`: the kind of refused ink.
export function isDigitInWords({ not_digit: none, kind }, { canTell }) {
  if (!canTell || none === undefined) return { share: null, words: "This network cannot tell: it always gives one of the ten." };
  const said = `none of the ten, ${percent(none)}`;
  if (kind === "mark" && none < NO_FROM) return { share: 1 - none, words: `Row reader: no. Digit reader: ${said}` };
  if (kind || none >= NO_FROM) return { share: 1 - none, words: `${kind ? "No" : "Hardly"}: ${said}` };
  return { share: 1 - none, words: `${none < YES_FROM ? "Yes" : "Probably"}, ${percent(1 - none)}` };
}

// Which digit: "7, 97 %; or else 1 at 3 %".
export function whichInWords(probs, { isRefused }) {
  const best = probs.indexOf(Math.max(...probs));
  const others = probs
    .map((share, digit) => ({ share, digit }))
    .filter(({ share, digit }) => digit !== best && share >= 0.01)
    .sort((a, b) => b.share - a.share)
    .slice(0, 2)
    .map(({ share, digit }) => `${digit} at ${percent(share)}`);
  if (isRefused) return `If it is a digit, most likely ${best}.`;
  return others.length ? `${best}, or else ${others.join(" or ")}.` : `${best}; no other digit is likely.`;
}
