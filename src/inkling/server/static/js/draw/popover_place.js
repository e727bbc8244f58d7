// Places a popover below an element, or above it if there is no room. On a phone it is a sheet at the bottom
// (hands.css).

const [GAP, MARGIN] = [6, 8]; // CSS pixels

export function place(popover, anchor) {
  const { left, top, bottom } = anchor.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const { offsetWidth, offsetHeight } = popover;
  const isBelow = bottom + GAP + offsetHeight <= clientHeight || top < offsetHeight + GAP;
  const x = Math.max(MARGIN, Math.min(left, clientWidth - offsetWidth - MARGIN));
  const y = isBelow ? bottom + GAP : top - GAP - offsetHeight;
  popover.style.setProperty("--left", `${x + scrollX}px`);
  popover.style.setProperty("--top", `${y + scrollY}px`);
}
