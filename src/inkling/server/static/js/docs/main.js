// START HERE: the form for trying a reading, and sections that open when a link points to them.

import { fetchWithKey } from "../common/api_key.js";
import { percent } from "../common/how_sure.js";

const TIMEOUT_MS = 20000;
const element = (id) => document.getElementById(id);
const form = element("try-form");
const input = form.elements.picture;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  tryReading(input.files[0]);
});
input.addEventListener("change", showPicture);
element("try-example").addEventListener("click", takeExample);
window.addEventListener("hashchange", openTarget);

openTarget();
form.hidden = false;
document.documentElement.dataset.ready = "true";

function openTarget() {
  const target = element(location.hash.slice(1));
  if (target?.tagName !== "DETAILS") return;
  target.open = true;
  target.scrollIntoView();
}

// Puts an example into the file input, as if the user had chosen it.
async function takeExample({ currentTarget }) {
  const { url } = currentTarget.dataset;
  const blob = await (await fetch(url)).blob();
  const chosen = new DataTransfer();
  chosen.items.add(new File([blob], url.split("/").pop(), { type: blob.type }));
  input.files = chosen.files;
  showPicture();
}

function showPicture() {
  const preview = element("try-preview");
  URL.revokeObjectURL(preview.src);
  preview.hidden = !input.files.length;
  if (!preview.hidden) preview.src = URL.createObjectURL(input.files[0]);
}

async function tryReading(picture) {
  const given = [...new FormData(form)].filter(([name, value]) => name !== "picture" && value);
  const query = given.length ? `?${new URLSearchParams(given)}` : "";
  const url = `/api/v1/read${query}`;
  const type = picture.type || "application/octet-stream";
  say("Reading ...");
  try {
    const response = await fetchWithKey(url, {
      method: "POST",
      headers: { "Content-Type": type },
      body: picture,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = await response.json();
    say(answer.ok ? inWords(answer) : `${response.status} ${answer.kind}: ${answer.error}`);
    element("try-command").textContent = curl(location.origin + url, type, picture.name);
    element("try-json").textContent = pretty(answer);
    element("try-answer").hidden = false;
  } catch {
    say("The service did not answer. Try again in a moment.");
  }
}

const say = (text) => {
  element("try-status").textContent = text;
};

const inWords = ({ text, outcome, confidence, took_ms }) =>
  `${text || "nothing"} · ${outcome} · ${percent(confidence)} · ${took_ms} ms`;

const curl = (url, type, name) =>
  `curl ${quoted(url)} \\\n  -H ${quoted(`Content-Type: ${type}`)} --data-binary ${quoted(`@${name}`)}`;

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// JSON with each list of numbers on one line.
const pretty = (value) =>
  JSON.stringify(value, null, 2).replace(/\[[\d\s.,eE+-]*\]/g, (list) => list.replace(/\s+/g, " "));
