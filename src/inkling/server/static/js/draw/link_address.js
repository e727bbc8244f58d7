// Who can open an address, and the address of a person's own web host.

const KEY = "inkling-hosted-at";
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$/;
const PRIVATE = /^(10(\.\d+){3}|192\.168(\.\d+){2}|172\.(1[6-9]|2\d|3[01])(\.\d+){2}|169\.254(\.\d+){2}|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])(\.\d+){2}|\[f[cd][\da-f]{2}:.*|\[fe[89ab][\da-f]:.*|[^.[]+|.*\.(local|lan|home|internal|home\.arpa))$/; // prettier-ignore

// "computer": only this computer can open it; "network": only devices on the same network; "everyone".
export function audience(address) {
  const { protocol, hostname } = new URL(address);
  if (protocol === "file:" || LOOPBACK.test(hostname)) return "computer";
  return PRIVATE.test(hostname) ? "network" : "everyone";
}

// A sentence that says who can open a link to `address`; "" if everyone can.
export function warning(address) {
  const alone = { computer: "this computer", network: "devices in your network", everyone: "" }[audience(address)];
  return alone && `Only ${alone} can open the link.`;
}

// What to do so that others can open the link; shown above the field for the address of a web host.
export function wayOut(address, { isStatic }) {
  const toHost = isStatic ? "Put this folder on a web host, and type its address here." : "Put the pages on a web host with “inkling site”, and type its address here.";
  if (isStatic || audience(address) !== "computer") return toHost;
  return `In your network: start inkling with “--host 0.0.0.0”, and open this page with the computer’s name. Everywhere: ${toHost[0].toLowerCase()}${toHost.slice(1)}`;
}

// A typed web address, without query and fragment; null if it is invalid.
export function pageAt(typed) {
  try {
    const url = new URL(/^https?:\/\//i.test(typed.trim()) ? typed.trim() : `https://${typed.trim()}`);
    return url.hostname.includes(".") && !url.username && !url.password ? `${url.origin}${url.pathname}` : null;
  } catch {
    return null;
  }
}

// The remembered address of the page on a web host; "" for none.
export function hostedAt() {
  try {
    return pageAt(localStorage.getItem(KEY) ?? "") ?? "";
  } catch {
    return "";
  }
}

export function rememberHosted(address) {
  try {
    if (address) localStorage.setItem(KEY, address);
    else localStorage.removeItem(KEY);
  } catch {
    // storage is forbidden: remembered for this dialog only
  }
}
