// Many images, and the pages of documents: reads them one after the other into a table, and steps through them.

import { Unavailable } from "../common/api_client.js";
import { originalOf } from "./crop.js";
import { copyTable, saveTable } from "./csv.js";
import { isDocument, thumbnailOf } from "./image_input.js";
import { byId, howSure, onOneLine, say, sentence } from "./page_text.js";
import { UploadTable } from "./upload_table.js";

const MOST = 200;
const RETRY_MS = 1000;
const HEAD = ["File", "Read as", "How sure", "Notes"];
const [pager, place] = [byId("pager"), byId("pager-place")];

export class ManyImages {
  #entries = []; // {file, answer: from the API, null until read; page: whether it is a page of a document; thumbnail}
  #open = -1; // the entry on the paper; -1 for none
  #run = 0; // the number of the current run of reading; a later run ends an earlier one
  #table;

  // `read(file)` reads a file; `offline(isOffline)` reports whether the service answers; `open(file)` shows a picture;
  // `openPage(reading)` shows the thumbnail of a document's page.
  constructor({ read, offline, open, openPage }) {
    Object.assign(this, { read, offline, open, openPage });
    this.#table = new UploadTable({ open: (i) => this.#show(i) });
    const table = () => ({ name: "inkling-pictures", head: HEAD, rows: this.#entries.map((entry) => [nameOf(entry), ...wordsOf(entry)]) });
    byId("copy-uploads").addEventListener("click", () => copyTable(table(), byId("uploads-note")));
    byId("save-uploads").addEventListener("click", () => saveTable(table()));
    byId("pager-before").addEventListener("click", () => this.#show(this.#open - 1));
    byId("pager-next").addEventListener("click", () => this.#show(this.#open + 1));
    place.addEventListener("click", () => this.#table.focus(this.#open));
  }

  get isEmpty() {
    return this.#entries.length === 0;
  }

  // Reads `files`, and shows the first of them.
  async take(files) {
    const chosen = files.slice(0, MOST);
    if (files.length > MOST) say(`Only the first ${MOST} of ${files.length} pictures are read.`);
    this.#entries = chosen.map((file) => ({ file, answer: null, page: false, thumbnail: null }));
    this.#open = -1;
    if (!isDocument(chosen[0])) this.#show(0);
    await this.#readAll();
  }

  // Reads all files again with another network or hand.
  again() {
    if (this.isEmpty) return;
    const shown = this.#entries[this.#open];
    const files = [...new Set(this.#entries.map(({ file }) => file))];
    this.#entries = files.map((file) => this.#entries.find((entry) => entry.file === file && !entry.page) ?? { file, page: false, thumbnail: null });
    for (const entry of this.#entries) entry.answer = null;
    this.#open = shown ? files.indexOf(shown.file) : -1;
    this.#readAll(shown?.page ? shown.answer.page - 1 : 0);
  }

  // Updates the row of the picture on the paper after it, or a part of it, was read.
  readAs(blob, answer) {
    const i = this.#entries.findIndex(({ file, page }) => !page && file === originalOf(blob));
    if (i < 0) return;
    const isPart = originalOf(blob) !== blob;
    this.#entries[i].answer = { ...answer, ok: true, reason: [isPart ? "Read from a part of the picture." : "", answer.reason].filter(Boolean).join(" ") };
    this.#open = i;
    this.#update(i);
  }

  // Stops reading and frees the entries.
  end() {
    this.#run++;
    this.#entries = [];
    this.#open = -1;
    pager.hidden = true;
    this.#table.clear();
  }

  // `page`: the index of the open page of a document, from 0.
  async #readAll(page = 0) {
    const run = ++this.#run;
    this.#fill();
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries[i];
      const answer = await this.#answered(entry.file, () => run === this.#run);
      if (run !== this.#run) return;
      if (answer.readings) {
        const shared = { model: answer.model, took_ms: answer.took_ms };
        const pages = answer.readings.map((reading) => ({ file: entry.file, answer: { ...shared, ...reading }, page: true, thumbnail: reading.thumbnail ?? null }));
        this.#entries.splice(i, 1, ...pages);
        const isOpen = this.#open === i || this.#open < 0;
        if (this.#open > i) this.#open += pages.length - 1;
        this.#fill();
        if (isOpen) this.#show(i + Math.min(page, pages.length - 1));
        i += pages.length - 1;
        continue;
      }
      entry.answer ??= answer; // unless a part of it was read in the meantime
      entry.thumbnail ??= await thumbnailOf(entry.file);
      if (run !== this.#run) return;
      this.#update(i);
    }
  }

  async #answered(file, isCurrent) {
    while (isCurrent()) {
      try {
        const answer = await this.read(file);
        this.offline(false);
        return answer;
      } catch (error) {
        if (!(error instanceof Unavailable)) return { ok: false, error: sentence(error.message) };
        this.offline(true);
        await new Promise((done) => setTimeout(done, RETRY_MS));
      }
    }
    return {};
  }

  #show(i) {
    const entry = this.#entries[i];
    if (!entry) return;
    this.#open = i;
    this.#mark();
    if (!entry.page) this.open(entry.file);
    else if (entry.thumbnail) this.openPage(entry.answer);
    else say(entry.answer.error);
  }

  #fill() {
    this.#table.fill(this.#entries.map(shownOf));
    this.#mark();
  }

  #update(i) {
    this.#table.update(i, shownOf(this.#entries[i]));
    this.#mark();
  }

  // Shows which entry is open, and how many are read.
  #mark() {
    const n = this.#entries.length;
    const read = this.#entries.filter(({ answer }) => answer);
    const failed = read.filter(({ answer }) => !answer.ok).length;
    const unsure = read.filter(({ answer }) => answer.ok && answer.outcome !== "read").length;
    const notes = [unsure && `${unsure} to check`, failed && `${failed} not read`].filter(Boolean);
    this.#table.say([`${read.length} of ${n} read`, ...notes].join(", "));
    this.#table.mark(this.#open);
    pager.hidden = n < 2 || this.#open < 0;
    place.textContent = `${this.#open + 1} of ${n}`;
    byId("pager-before").disabled = this.#open <= 0;
    byId("pager-next").disabled = this.#open >= n - 1;
  }
}

function nameOf({ file, page, answer }) {
  return page && answer.pages > 1 ? `${file.name}#${answer.page}` : file.name;
}

// The texts of a row: read as, how sure, notes.
function wordsOf({ answer }) {
  if (!answer) return ["", "", ""];
  return answer.ok ? [onOneLine(answer.written), howSure(answer), sentence(answer.reason ?? "")] : ["", "", answer.error];
}

// A row of the table.
function shownOf(entry) {
  const { answer, thumbnail } = entry;
  const state = !answer ? "waiting" : !answer.ok ? "failed" : answer.outcome;
  return { name: nameOf(entry), texts: wordsOf(entry), state, thumbnail };
}
