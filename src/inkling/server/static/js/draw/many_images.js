// Many images: reads them one after the other into a table.

import { Unavailable } from "../common/api_client.js";
import { releaseTable, showTable } from "./table.js";
import { howSure, onOneLine, say } from "./page_text.js";

const MOST = 200;
const RETRY_MS = 1000;
const HEAD = ["File", "Read as", "How sure", "What to know"];
let latest = 0; // a new selection cancels the previous one

// `read(file)` reads one; `offline(isOffline)` tells whether the service answers; `open(file)` shows one at a click.
export async function readManyImages(files, { read, offline, open }) {
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
    rows.push([file.name, ...(await answered(file, { read, offline, current: () => mine === latest }))]);
    if (mine !== latest) return;
    show();
  }
}

async function answered(file, { read, offline, current }) {
  while (current()) {
    try {
      const reading = await read(file);
      offline(false);
      return [onOneLine(reading.written), howSure(reading), reading.reason];
    } catch (error) {
      if (!(error instanceof Unavailable)) return ["", "", error.message];
      offline(true);
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
  return [];
}

// Cancels the reading and releases the table.
export function endManyImages() {
  latest++;
  releaseTable();
}
