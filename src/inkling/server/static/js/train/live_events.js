// Live events of the training run: server-sent events, or polling if the server has no free stream.
//
// A hidden page closes its stream, because a browser opens at most six connections to a host.

import { getJson } from "./lab_client.js";
import { Unavailable } from "../common/api_client.js";

const KINDS = ["all", "state", "step", "epoch", "watched", "snapshot", "models"];
const AGAIN_MS = 2000;

// `take(kind, data, id)` gets each event; `offline(isOffline)` reports whether the server answers.
export function subscribe({ take, offline }) {
  let source = null;
  let timer = 0;

  function open() {
    close();
    source = new EventSource("/api/v1/lab/events");
    source.onopen = () => offline(false);
    source.onerror = () => {
      if (source?.readyState !== EventSource.CLOSED) return offline(true); // the browser reconnects
      close();
      poll();
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, ({ data, lastEventId }) => take(kind, JSON.parse(data), lastEventId));
    }
  }

  async function poll() {
    try {
      take("all", await getJson("training"));
      offline(false);
    } catch (error) {
      offline(error instanceof Unavailable);
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
