// The reading of the digit. For a drawing, it is the Draw page's reading, unless the network has been changed.

import { byId, write } from "../common/dom.js";
import { percent } from "../common/how_sure.js";

// `source`: DigitSource; `outputs`: the current network's probability of each digit and of none; `note`: a remark, such
// as that the network has been changed.
export function showVerdict({ source, outputs, note = "" }) {
  const best = outputs.indexOf(Math.max(...outputs));
  const own = { answer: best < 10 ? String(best) : "none", sure: percent(outputs[best]) };
  const said = note ? own : (source.said ?? own);
  write(byId("answer"), said.answer);
  write(byId("sure"), said.sure);
  const { isDigit, label } = source;
  write(byId("rightly"), isDigit ? (String(label) === said.answer ? "right" : `wrong: it is a ${label}`) : note);
}
