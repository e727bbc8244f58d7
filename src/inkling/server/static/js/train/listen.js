// The training as it happens: server-sent events, or asking now and then where the server has no ear to spare.
//
// A hidden page lets go of its stream, because a browser opens six connections to a host and no more.

import { look } from "./lab.js";
import { Away } from "../common/client.js";

const KINDS = ["all", "state", "step", "epoch", "snapshot", "models"];
const AGAIN_MS = 2000;

// `take(kind, data, id)` gets each event, `away(isAway)` whether the server answers.
export function listen({ take, away }) {
  let source = null;
  let timer = 0;

  function open() {
    close();
    source = new EventSource("/api/v1/lab/events");
    source.onopen = () => away(false);
    source.onerror = () => {
      if (source?.readyState !== EventSource.CLOSED) return away(true); // the browser comes back by itself
      close();
      poll();
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, ({ data, lastEventId }) => take(kind, JSON.parse(data), lastEventId));
    }
  }

  async function poll() {
    try {
      take("all", await look("training"));
      away(false);
    } catch (error) {
      away(error instanceof Away);
    }
    if (!document.hidden) timer = setTimeout(open, AGAIN_MS);
  }

  function close() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
  open();
}
