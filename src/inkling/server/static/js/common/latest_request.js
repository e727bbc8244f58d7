// Requests while the pen moves: at most one is in flight, and the latest input is sent next. A request is retried while
// the service does not answer.

import { ApiError, Unavailable } from "./api_client.js";

const RETRY_MS = [500, 1000, 2000, 4000];
const OF_PICTURES = ["EmptyPicture", "ImageTooLarge", "ImageTooSmall", "UnknownFormat", "BrokenPicture"]; // names of errors

export class LatestRequest {
  #wanted = null; // the latest job that has not been started
  #busy = false;
  #subject = 0; // the number of the current subject: answers about earlier subjects are dropped
  #retryNow = null;

  // `shown(answer, job)`, `refused(error, job)`, `offline(isOffline)` report what happens.
  constructor({ shown, refused, offline }) {
    this.report = { shown, refused, offline };
    addEventListener("online", () => this.#retryNow?.());
  }

  // A job is {run: () => Promise<answer>, ...}. `fresh` marks a new subject.
  ask(job, { fresh = false } = {}) {
    if (fresh) this.#subject++;
    this.#wanted = { ...job, subject: this.#subject };
    this.#pump();
  }

  // Drops the pending request and ignores the answer to the current one.
  drop() {
    this.#subject++;
    this.#wanted = null;
    this.report.offline(false);
  }

  async #pump() {
    if (this.#busy) return;
    this.#busy = true;
    let failures = 0;
    while (this.#wanted) {
      const job = this.#wanted;
      this.#wanted = null;
      try {
        const answer = await job.run();
        failures = 0;
        this.report.offline(false);
        this.#tell(() => this.report.shown(answer, job), job);
      } catch (error) {
        if (error instanceof Unavailable) {
          if (job.subject !== this.#subject) continue;
          this.report.offline(true);
          await this.#pause(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
          if (job.subject === this.#subject) this.#wanted ??= job; // unless newer input is waiting
          continue;
        }
        this.report.offline(false);
        this.#tell(() => this.report.refused(error, job), job);
        if (!(error instanceof ApiError) && !OF_PICTURES.includes(error.name)) console.error(error); // a page bug
      }
    }
    this.#busy = false;
  }

  // Calls `report` after the next request has been sent, so that the service works on that request while the page shows
  // this answer.
  #tell(report, { subject }) {
    setTimeout(() => subject === this.#subject && report());
  }

  #pause(ms) {
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      this.#retryNow = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}
