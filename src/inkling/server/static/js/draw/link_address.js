// Who can open an address, and the address that a person's own host has.

const KEY = "inkling-hosted-at";
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$/;
const PRIVATE = /^(10(\.\d+){3}|192\.168(\.\d+){2}|172\.(1[6-9]|2\d|3[01])(\.\d+){2}|169\.254(\.\d+){2}|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])(\.\d+){2}|\[f[cd][\da-f]{2}:.*|\[fe[89ab][\da-f]:.*|[^.[]+|.*\.(local|lan|home|internal|home\.arpa))$/; // prettier-ignore

// "computer": no other can open it; "network": only what is in the same network; "everyone".
export function audience(address) {
  const { protocol, hostname } = new URL(address);
  if (protocol === "file:" || LOOPBACK.test(hostname)) return "computer";
  return PRIVATE.test(hostname) ? "network" : "everyone";
}

// One sentence about who cannot open a link to `address`, and what to do; "" where everyone can.
export function warning(address, { isStatic }) {
  const host = new URL(address).hostname || "a file";
  const toHost = isStatic ? "put this folder on a web host" : "put the pages on a web host with “inkling site”";
  const toOpen = isStatic ? toHost : `start inkling with “--host 0.0.0.0” and open this page by the computer’s name, or ${toHost}`;
  switch (audience(address)) {
    case "computer":
      return `Only this computer can open the link, because its address is ${host}. For others, ${toOpen} and give its address below.`;
    case "network":
      return `Only devices in your network can open the link, because its address is ${host}. For others, ${toHost} and give its address below.`;
    default:
      return "";
  }
}

// A web address as a person types it, without what follows the page; null if it is none.
export function pageAt(typed) {
  try {
    const url = new URL(/^https?:\/\//i.test(typed.trim()) ? typed.trim() : `https://${typed.trim()}`);
    return url.hostname.includes(".") && !url.username && !url.password ? `${url.origin}${url.pathname}` : null;
  } catch {
    return null;
  }
}

// The remembered address of the page on a host; "" for none.
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
    // storage is forbidden: it holds for this dialog
  }
}
