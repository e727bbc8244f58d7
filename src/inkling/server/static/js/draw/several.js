// Several pictures at once: one after the other is read, one row each.

import { Away } from "../common/client.js";
import { forgetSeveral, showTable } from "./table.js";
import { percent, say } from "./words.js";

const MOST = 200;
const RETRY_MS = 1000;
const HEAD = ["File", "Read as", "Confidence", "What to know"];
let latest = 0; // a new choice ends the one before it

// `read(file)` reads one; `away(isAway)` is told whether the service answers; `open(file)` shows one at a click.
export async function readSeveral(files, { read, away, open }) {
  const mine = ++latest;
  const chosen = files.slice(0, MOST);
  if (files.length > MOST) say(`${files.length} pictures are more than the ${MOST} that are read at once; the first ${MOST} are.`);
  const rows = [];
  const show = () =>
    showTable({
      title: `${rows.length} of ${chosen.length} pictures read`,
      name: "inkling-pictures",
      head: HEAD,
      rows,
      open: (i) => open(chosen[i]),
    });
  show();
  for (const file of chosen) {
    rows.push([file.name, ...(await answered(file, { read, away, current: () => mine === latest }))]);
    if (mine !== latest) return;
    show();
  }
}

async function answered(file, { read, away, current }) {
  while (current()) {
    try {
      const { text, confidence, reason } = await read(file);
      away(false);
      return [text.replaceAll("\n", " / "), text ? percent(confidence) : "", reason];
    } catch (error) {
      if (!(error instanceof Away)) return ["", "", error.message];
      away(true);
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
  return [];
}

// Something else is read now.
export function endSeveral() {
  latest++;
  forgetSeveral();
}
