// Decides who reads: this page, if its engine is open, or the server.
//
// The page reads the board. If there is a server, the server reads pictures, and it reads everything when one of its
// hands is chosen. If this browser stores the hands, the page reads everything with them.

import { ApiError, read } from "../common/api_client.js";
import { learnedBy, teachesHere } from "../common/hands_client.js";
import { pageEngine } from "../common/page_engine.js";
import { isStatic } from "../common/site.js";
import { sentence } from "./page_text.js";

const PATIENCE_MS = 1500; // how long to wait for the engine; after that, on a slow connection, the server reads

export class Reader {
  handNote = ""; // why the remembered hand is not used
  #unreadable = new Set(); // networks that only the server can run

  // `network()` returns the network's name; `chooser` is the HandChooser.
  constructor({ network, chooser }) {
    Object.assign(this, { network, chooser });
  }

  // A promise of this page's engine, or of null if the server has to read. Without a server, it rejects with an Error
  // that has a message for the user.
  engine() {
    return pageEngine(this.network());
  }

  // The hand that the server reads with; "" for none.
  get handThere() {
    return teachesHere ? "" : this.chooser.reads;
  }

  // A promise of the engine if the page may read a `source` (source.js). Otherwise null: the server reads pictures, and
  // with one of its hands it reads everything.
  engineFor({ pixels }) {
    return isStatic || (this.chooser.reads ? teachesHere : pixels) ? this.engine() : null;
  }

  // The answer for a `source` (source.js) in the API's format, plus `source` and `tookAll` in milliseconds.
  async read(source, more = {}) {
    const startedAt = performance.now();
    const answer = (await this.#readHere(source, more)) ?? (await this.#readThere(await source.blob(), more));
    return { ...answer, source, tookAll: performance.now() - startedAt };
  }

  // Null if the server has to read.
  async #readHere(source, { mode }) {
    const network = this.network();
    const engine = this.#unreadable.has(network) ? null : await inTime(this.engineFor(source));
    if (!engine) return null;
    try {
      return await this.#readBy(engine, source.pixels ?? (await source.blob()), { network, mode });
    } catch (error) {
      if (isStatic) throw error;
      if (source.pixels) this.#unreadable.add(network); // only the server may be able to decode a picture
      return null;
    }
  }

  async #readBy(engine, image, { network, mode }) {
    const name = teachesHere ? this.chooser.reads : "";
    const hand = name ? await learnedBy(name) : null;
    const isOther = hand && hand.model.name !== network;
    const answer = await engine.read(image, { network, mode, learned: isOther ? null : hand?.learned });
    if (isOther) return { ...answer, note: `${name} was taught with another network; this one reads without it.` };
    return name ? { ...answer, hand: { name, version: hand?.version ?? 0 } } : answer;
  }

  // Reads with the chosen hand. If the hand is gone or belongs to another network, the original network reads, and the
  // answer says why.
  async #readThere(blob, more) {
    const [model, hand] = [this.network(), this.handThere];
    try {
      const answer = await read(blob, { model, hand, ...more });
      return this.chooser.reads && !hand ? { ...answer, note: `The server read this, without ${this.chooser.reads}.` } : answer;
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
