// Many images, and the pages of documents: reads them one file after the other into a table.

import { Unavailable } from "../common/api_client.js";
import { isDocument } from "./image_input.js";
import { releaseTable, showTable } from "./table.js";
import { howSure, onOneLine, say } from "./page_text.js";

const MOST = 200;
const RETRY_MS = 1000;
const HEAD = ["File", "Read as", "How sure", "What to know"];
let latest = 0; // a new selection cancels the previous one

// `read(file)` reads one; `offline(isOffline)` tells whether the service answers; at a click, `open(file)` shows one, and
// `openPage(reading)` a page of a document, whose picture is its thumbnail.
export async function readManyImages(files, { read, offline, open, openPage }) {
  const mine = ++latest;
  const chosen = files.slice(0, MOST);
  if (files.length > MOST) say(`${files.length} pictures are more than the ${MOST} that are read at once; the first ${MOST} are.`);
  const [rows, opens, pictures] = [[], [], []];
  const show = (done) => {
    const title = `${done} of ${chosen.length} ${chosen.some(isDocument) ? "files" : "pictures"} read`;
    showTable({ title, name: "inkling-pictures", head: HEAD, rows, opens, pictures });
  };
  show(0);
  for (const [i, file] of chosen.entries()) {
    const answer = await answered(file, { read, offline, current: () => mine === latest });
    if (mine !== latest) return;
    for (const entry of answer.readings ?? [answer]) {
      rows.push([entry.pages > 1 ? `${file.name}#${entry.page}` : file.name, ...words(entry)]);
      pictures.push(entry.thumbnail);
      opens.push(entry.thumbnail ? () => openPage({ model: answer.model, took_ms: answer.took_ms, ...entry }) : isDocument(file) ? null : () => open(file));
    }
    show(i + 1);
    if (i === 0 && isDocument(file)) opens[0]?.();
  }
}

function words(entry) {
  return entry.ok ? [onOneLine(entry.written), howSure(entry), entry.reason] : ["", "", entry.error];
}

async function answered(file, { read, offline, current }) {
  while (current()) {
    try {
      const reading = await read(file);
      offline(false);
      return reading;
    } catch (error) {
      if (!(error instanceof Unavailable)) return { ok: false, error: error.message };
      offline(true);
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
  return {};
}

// Cancels the reading and releases the table.
export function endManyImages() {
  latest++;
  releaseTable();
}
