// Terms of the glossary, explained in place: on hover, on focus, or at the first tap.
//
// `{{ term("relu") }}` in a template makes <a class="defined" href="/learn/glossary#relu" data-means="...">ReLU</a>.
// The explanation stays open while the pointer is on it, and Escape closes it (WCAG 2.2, 1.4.13). A click, Enter or a
// second tap follows the link.

const [WAIT_MS, LEAVE_MS] = [250, 200]; // hover time before the explanation opens; time to move the pointer onto it
const [GAP_PX, EDGE_PX] = [6, 8];
const ID = "term-tip";

let tip = null;
let shown = null; // the term that is explained
let timer = null;
let touched = false; // whether the last press was by a finger

// Explains every term in `root`, now and when more are added to it.
export function explainTerms(root = document) {
  root.addEventListener("pointerover", ({ target, pointerType }) => {
    if (pointerType === "touch") return;
    if (termOf(target)) later(() => open(termOf(target)), WAIT_MS);
    else if (tip?.contains(target)) clearTimeout(timer);
    else if (shown && !shown.matches(":focus-visible")) later(close, LEAVE_MS);
  });
  root.addEventListener("focusin", ({ target }) => termOf(target)?.matches(":focus-visible") && open(termOf(target)));
  root.addEventListener("focusout", ({ target }) => termOf(target) && close());
  root.addEventListener("pointerdown", ({ target, pointerType }) => {
    touched = pointerType === "touch";
    if (shown && !termOf(target) && !tip.contains(target)) close();
  });
  root.addEventListener("click", (event) => {
    const term = termOf(event.target);
    if (!term || !touched || term === shown) return;
    event.preventDefault(); // the first tap explains, the second one follows the link
    open(term);
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !shown) return;
    event.stopPropagation();
    close();
  }, true);
  addEventListener("resize", close);
}

const termOf = (target) => target.closest?.("a.defined[data-means]") ?? null;

function later(work, ms) {
  clearTimeout(timer);
  timer = setTimeout(work, ms);
}

function open(term) {
  clearTimeout(timer);
  if (term === shown) return;
  close();
  tip ??= Object.assign(document.createElement("div"), { id: ID, className: "term-tip", role: "tooltip" });
  tip.textContent = term.dataset.means;
  (term.closest("main, footer") ?? document.body).append(tip); // in a landmark of the page
  term.setAttribute("aria-describedby", ID);
  shown = term;
  place(term);
}

function close() {
  clearTimeout(timer);
  shown?.removeAttribute("aria-describedby");
  shown = null;
  tip?.remove();
}

// Places the explanation below the term, or above it if there is no room, within the window.
function place(term) {
  const box = [...term.getClientRects()].at(-1) ?? term.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = tip;
  const most = document.documentElement.clientWidth - width - EDGE_PX;
  const left = Math.max(EDGE_PX, Math.min(box.left, most));
  const below = box.bottom + GAP_PX + height <= innerHeight;
  const top = below ? box.bottom + GAP_PX : box.top - GAP_PX - height;
  const parent = tip.offsetParent;
  const isPlaced = parent && getComputedStyle(parent).position !== "static";
  const origin = isPlaced ? parent.getBoundingClientRect() : { left: -scrollX, top: -scrollY };
  Object.assign(tip.style, { left: `${left - origin.left}px`, top: `${top - origin.top}px` });
}
