// The teacher's page: its print buttons, and the address of the chapters on the sheet.

import { pageAddress } from "../common/site.js";

const LOOPBACK = /^(localhost|127\.|\[::1\])/; // an address that no other device can open

export function startTeacher(main) {
  for (const button of main.querySelectorAll('[data-part="print"]')) button.addEventListener("click", () => print());
  const address = new URL(pageAddress("/learn"));
  if (LOOPBACK.test(address.hostname) || !address.protocol.startsWith("http")) return;
  main.querySelector('[data-part="address"]').textContent = `${address.host}${address.pathname}`;
  main.querySelector(".address").hidden = false;
}
