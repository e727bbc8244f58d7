// Who reads: this page, where its engine is open, or the server.
//
// The board is read in the page. A picture is read by the server where there is one; so is all that a hand reads.

import { ApiError, read } from "../common/api_client.js";
import { pageEngine } from "../common/page_engine.js";
import { isStatic } from "../common/site.js";
import { sentence } from "./page_text.js";

const PATIENCE_MS = 1500; // while the engine opens; on a slow line the server answers first

export class Reader {
  handNote = ""; // why the remembered hand is not used
  #unreadable = new Set(); // networks that only the server can run

  // `network()` names the network; `chooser` is the HandChooser, null where hands are off.
  constructor({ network, chooser }) {
    Object.assign(this, { network, chooser });
  }

  // The engine of this page; null where the server has to read. Without a server it rejects with a sentence.
  engine() {
    return pageEngine(this.network());
  }

  // The engine, where it may read a `source` (source.js): what a hand reads and pictures are the server's. Else null.
  engineFor({ pixels }) {
    return isStatic || (pixels && !this.chooser?.reads) ? this.engine() : null;
  }

  // The answer about a `source` (source.js) as the API gives it, with `source` and `tookAll`, milliseconds.
  async read(source, more = {}) {
    const startedAt = performance.now();
    const answer = (await this.#readHere(source, more)) ?? (await this.#readThere(await source.blob(), more));
    return { ...answer, source, tookAll: performance.now() - startedAt };
  }

  // Null where the server has to read.
  async #readHere(source, { mode }) {
    const network = this.network();
    const engine = this.#unreadable.has(network) ? null : await inTime(this.engineFor(source));
    if (!engine) return null;
    try {
      return await engine.read(source.pixels ?? (await source.blob()), { network, mode });
    } catch (error) {
      if (isStatic) throw error;
      this.#unreadable.add(network);
      return null;
    }
  }

  // Reads with the chosen hand. If that fails, the original network reads, and the answer says why.
  async #readThere(blob, more) {
    const [model, hand] = [this.network(), this.chooser?.reads];
    try {
      return await read(blob, { model, hand, ...more });
    } catch (error) {
      const isGone = error.kind === "HandsClosed" || (error.kind === "UnknownName" && error.message.startsWith("unknown hand"));
      if (!hand || !(error instanceof ApiError) || !(isGone || error.kind === "WrongNetwork")) throw error;
      if (isGone) this.chooser.remove(hand);
      if (isGone) this.handNote = sentence(error.message); // until another one is chosen
      return { ...(await read(blob, { model, ...more })), note: sentence(error.message) };
    }
  }
}

function inTime(engine) {
  if (isStatic || !engine) return engine;
  return Promise.race([engine, new Promise((done) => setTimeout(() => done(null), PATIENCE_MS))]);
}
