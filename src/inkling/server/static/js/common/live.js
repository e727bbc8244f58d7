// Reading while the pen moves: at most one request in flight, always the latest ink next, and patience when the
// service is away.

import { Away, Refused } from "./client.js";

const RETRY_MS = [500, 1000, 2000, 4000];

export class Live {
  #wanted = null; // the latest job that has not been started
  #busy = false;
  #subject = 0; // what is being read: answers about an earlier subject are stale
  #wake = null;

  // `shown(answer, job)`, `refused(error, job)`, `away(isAway)` report what happens.
  constructor({ shown, refused, away }) {
    this.report = { shown, refused, away };
    addEventListener("online", () => this.#wake?.());
  }

  // A job is {run: () => Promise<answer>, ...}. `fresh` when it is about something else than the one before it.
  ask(job, { fresh = false } = {}) {
    if (fresh) this.#subject++;
    this.#wanted = { ...job, subject: this.#subject };
    this.#pump();
  }

  // Forgets what is under way.
  drop() {
    this.#subject++;
    this.#wanted = null;
    this.report.away(false);
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
        this.report.away(false);
        if (job.subject === this.#subject) this.report.shown(answer, job);
      } catch (error) {
        if (error instanceof Away) {
          if (job.subject !== this.#subject) continue;
          this.report.away(true);
          await this.#pause(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
          if (job.subject === this.#subject) this.#wanted ??= job; // unless there is newer ink
          continue;
        }
        this.report.away(false);
        if (job.subject === this.#subject) this.report.refused(error, job);
        if (!(error instanceof Refused)) console.error(error);
      }
    }
    this.#busy = false;
  }

  #pause(ms) {
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}
