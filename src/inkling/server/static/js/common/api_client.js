// A client for the HTTP API.

import { fetchWithKey } from "./api_key.js";

const TIMEOUT_MS = 20000;

// The service refused the request; `kind` and `message` come from its JSON error.
export class ApiError extends Error {
  constructor({ kind, error }, status) {
    super(error);
    this.kind = kind;
    this.status = status;
  }
}

// The service could not be reached, or has no room for the request.
export class Unavailable extends Error {}

// Reads one picture (a Blob), or a document, for which the answer has `readings`. Throws ApiError or Unavailable.
export function read(blob, { model, hand, mode, thumbnails }) {
  return ask("read", blob, { explain: "tiles", model, hand, mode, thumbnails });
}

// Sends one picture (a Blob) to /api/v1/`route`; empty parameters are left out. Throws ApiError or Unavailable.
export function ask(route, blob, parameters) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  const type = blob.type.startsWith("image/") ? blob.type : "application/octet-stream";
  return answered(`${route}?${query}`, { method: "POST", headers: { "Content-Type": type }, body: blob });
}

// Sends a request to /api/v1/`route`, with `value`, if given, as JSON. Throws ApiError or Unavailable.
export function askJson(method, route, value, timeoutMs = TIMEOUT_MS) {
  const json = { headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) };
  return answered(route, { method, ...(value === undefined ? {} : json) }, timeoutMs);
}

async function answered(route, options, timeoutMs = TIMEOUT_MS) {
  let response, answer;
  try {
    response = await fetchWithKey(`/api/v1/${route}`, { ...options, signal: AbortSignal.timeout(timeoutMs) });
    answer = await response.json();
  } catch {
    throw new Unavailable("The server is not answering. Try again in a moment."); // or a proxy answered in HTML
  }
  if (answer.ok) return answer;
  if (answer.kind === "Overloaded") throw new Unavailable(answer.error);
  throw new ApiError(answer, response.status);
}
