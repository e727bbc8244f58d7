// What the digit was read as. For a drawing it is what the drawing page says of it, whatever network parts are shown.

import { byId, write } from "../common/dom.js";
import { percent } from "./number_format.js";

// `source`: DigitSource; `outputs`: the probability of each digit and of none, as the network shown has them; `note`:
// what to add, for instance that the network was changed.
export function showVerdict({ source, outputs, note = "" }) {
  const best = outputs.indexOf(Math.max(...outputs));
  const own = { answer: best < 10 ? String(best) : "none", sure: percent(outputs[best]) };
  const said = note ? own : (source.said ?? own);
  write(byId("answer"), said.answer);
  write(byId("sure"), said.sure);
  const { isDigit, label } = source;
  write(byId("rightly"), isDigit ? (String(label) === said.answer ? "right" : `wrong: it is a ${label}`) : note);
}
