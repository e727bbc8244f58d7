// Learning by heart: the same network taught twice on a handful of digits, once with dropout, side by side.

import { loadDigits } from "../common/digits.js";
import { drawChart } from "./chart.js";
import { choice, drawn, partsOf, percent, tileOf } from "./parts.js";
import { Stopwatch } from "./stopwatch.js";
import { judge, learnRound, makeNetwork, optimizer, randomFrom } from "./tinynet.js";

const HIDDEN = 64;
const [BATCH, RATE] = [10, 0.002];
const HELD_OUT = 300;
const MOST_ROUNDS = 80;

export async function begin(section) {
  const { knobs, go, again, plain, dropped, said } = partsOf(section);
  const digits = await loadDigits();
  const examples = Array.from(digits.labels, (label, i) => ({ label, tile: tileOf(digits, i) }));
  const unseen = examples.slice(-HELD_OUT);
  const chosen = { n: 60, dropout: 0.5 };
  let luck = 0;
  let pair = null; // [{network, step, random, dropout, history}], the second with dropout

  const fresh = () => {
    clock.stop();
    const start = luck * 61; // other luck: other digits, another start
    const taught = examples.slice(start, start + chosen.n);
    pair = [0, chosen.dropout].map((dropout) => {
      const random = randomFrom(luck + 1);
      return { network: makeNetwork(HIDDEN, random), step: optimizer("adam", RATE), random, dropout, taught, history: [] };
    });
    pair.forEach(note);
    show();
  };
  const note = ({ network, taught, history }) => history.push({ known: judge(network, taught), other: judge(network, unseen) });
  const round = () => {
    for (const each of pair) {
      learnRound(each.network, each.taught, { ...each, size: BATCH });
      note(each);
    }
    return pair[0].history.length <= MOST_ROUNDS;
  };
  const show = () => {
    if (!pair) return;
    const rounds = pair[0].history.length - 1;
    clock.label({ begun: rounds > 0, done: rounds >= MOST_ROUNDS });
    said.setAttribute("aria-live", clock.running ? "off" : "polite");
    const [one, other] = pair.map(({ history }) => history.at(-1));
    const words = ({ known, other: rest }) => `${percent(known.accuracy)} of the ${chosen.n} it learns from, ${percent(rest.accuracy)} of the ${HELD_OUT} it never sees, loss there ${rest.loss.toFixed(2)}`;
    said.textContent = `${rounds} rounds. Plain: ${words(one)}. With dropout: ${words(other)}.`;
    Object.assign(section.dataset, { epoch: rounds, seen: one.known.accuracy, unseen: one.other.accuracy, dropped: other.other.accuracy });
    redraw.forEach((each) => each());
  };

  const clock = new Stopwatch(go, { round, changed: show });
  const set = (name) => (value) => {
    chosen[name] = Number(value);
    fresh();
  };
  knobs.append(
    choice({ label: "Digits to learn from", options: { 30: "30", 60: "60", 100: "100", 300: "300" }, value: 60, change: set("n") }),
    choice({ label: "Dropout", options: { 0.25: "a quarter of the neurons", 0.5: "half of them" }, value: 0.5, change: set("dropout") }),
  );
  const redraw = [plain, dropped].map((canvas, i) =>
    drawn(canvas, 1.5, (context, width, height) => {
      if (!pair) return;
      const { history } = pair[i];
      const of = (who) => history.map((each, round) => [round, each[who].accuracy]);
      drawChart(context, width, height, {
        lines: [
          { points: of("known"), shade: "quiet", dash: [5, 4], name: "learnt from" },
          { points: of("other"), shade: "blue", name: "never seen" },
        ],
        x: { from: 0, to: MOST_ROUNDS, ticks: [0, MOST_ROUNDS] },
        y: { from: 0, to: 1, ticks: [0, 0.5, 1], say: percent },
        xName: "rounds",
      });
    }),
  );
  again.addEventListener("click", () => {
    luck = (luck + 1) % 6;
    fresh();
  });
  fresh();
}
