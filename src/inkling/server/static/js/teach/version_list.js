// The versions of a hand. One is in use; the user can switch to any other.

import { byId, make } from "../common/dom.js";

// `use(number)` switches to a version; `see(version)` shows what it changed.
export function showVersions({ versions, active }, { use, see }) {
  byId("versions").hidden = versions.length === 0;
  const original = { version: 0, title: "The original network", words: "Not taught.", isTaught: false };
  const entries = versions.map((version) => ({
    version: version.version,
    title: `Version ${version.version}`,
    words: `${version.kind === "full" ? "All layers" : "Last layer"}, ${version.created.slice(0, 16).replace("T", " ")}. ${version.reason}`,
    see: () => see(version),
  }));
  byId("version-list").replaceChildren(...[...entries.reverse(), original].map((entry) => row(entry, active, use)));
}

function row({ version, title, words, see }, active, use) {
  const inUse = version === active;
  const button = make("button", { type: "button", textContent: inUse ? "In use" : "Use", disabled: inUse });
  button.setAttribute("aria-label", inUse ? `${title} is in use` : `Use ${title.toLowerCase()}`);
  button.addEventListener("click", () => use(version));
  const facts = make("p", {}, make("strong", { textContent: title }), " ", make("span", { className: "quiet", textContent: words }));
  const item = make("li", {}, facts);
  item.classList.toggle("active", inUse);
  if (see) {
    const shown = make("button", { type: "button", textContent: "What changed" });
    shown.setAttribute("aria-label", `What changed in ${title.toLowerCase()}`);
    shown.addEventListener("click", see);
    item.append(shown);
  }
  item.append(button);
  return item;
}
