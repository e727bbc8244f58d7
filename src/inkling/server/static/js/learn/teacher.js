// The teacher's page: its print buttons, and the address of the chapters on the worksheet. If other devices cannot open
// this page's address, the worksheet has an empty line instead.

import { pageAddress } from "../common/site.js";

const LOOPBACK = /^(localhost|127\.|\[::1\])/; // an address that no other device can open

export function startTeacher(main) {
  for (const button of main.querySelectorAll('[data-part="print"]')) button.addEventListener("click", () => print());
  const place = main.querySelector('[data-part="address"]');
  const address = new URL(pageAddress("/learn"));
  if (place.textContent || LOOPBACK.test(address.hostname) || !address.protocol.startsWith("http")) return;
  place.textContent = `${address.host}${address.pathname}`;
}
