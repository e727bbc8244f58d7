// A group of buttons with a roving tab stop, such as the buttons over the neurons of the diagram: one button is in the
// tab order, and arrow keys move to its neighbors.

import { make } from "../common/dom.js";

export class ButtonGroup {
  #at = 0; // the button in the tab order

  // `labelOf(i)` returns the label for screen readers; `onFocus(i)` is called on hover and focus, with -1 when they
  // end; `onChoose(i)` is called on a click. `isTurned()`: whether the buttons fill columns from top to bottom.
  constructor(holder, { labelOf, onFocus, onChoose, columns = () => this.columns, isTurned = () => false }) {
    this.holder = holder;
    this.isTurned = isTurned;
    this.labelOf = labelOf;
    this.inRow = columns;
    holder.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "touch") onFocus(this.#indexOf(event.target));
    });
    holder.addEventListener("pointerleave", () => onFocus(-1));
    holder.addEventListener("focusin", (event) => {
      const i = this.#indexOf(event.target);
      this.#name(i);
      this.#rove(i);
      if (event.target.matches(":focus-visible")) onFocus(i);
    });
    holder.addEventListener("focusout", () => onFocus(-1));
    holder.addEventListener("click", (event) => {
      const i = this.#indexOf(event.target);
      if (i >= 0) onChoose(i);
    });
    holder.addEventListener("keydown", (event) => this.#move(event));
  }

  // `middles`: the buttons' centers, [{x, y}] in CSS pixels of the holder; `columns`: buttons per row; {w, h}: the size
  // of a button, in CSS pixels.
  place(middles, columns, { w, h }) {
    this.columns = columns;
    if (this.buttons?.length !== middles.length) {
      this.holder.replaceChildren(...middles.map(() => make("button", { type: "button", tabIndex: -1 })));
      this.adopt([...this.holder.children]);
    }
    this.buttons.forEach((button, i) => {
      const { x, y } = middles[i];
      Object.assign(button.style, { left: `${x - w / 2}px`, top: `${y - h / 2}px`, width: `${w}px`, height: `${h}px` });
    });
  }

  // Uses buttons that already exist in the holder.
  adopt(buttons) {
    this.buttons = buttons;
    this.#rove(Math.min(this.#at, buttons.length - 1));
    buttons.forEach((_, i) => this.#name(i));
  }

  pin(i) {
    if (this.pinned === i) return;
    this.buttons[this.pinned]?.removeAttribute("aria-current");
    this.buttons[i]?.setAttribute("aria-current", "true");
    this.pinned = i;
    if (i >= 0 && !this.holder.contains(document.activeElement)) this.#rove(i);
  }

  rename() {
    const i = this.#indexOf(document.activeElement);
    if (i >= 0) this.#name(i);
  }

  #indexOf(element) {
    return this.buttons?.indexOf(element.closest("button")) ?? -1;
  }

  #name(i) {
    if (i >= 0) this.buttons[i].setAttribute("aria-label", this.labelOf(i));
  }

  #rove(i) {
    if (i < 0) return;
    this.buttons[this.#at]?.setAttribute("tabindex", "-1");
    this.buttons[i].setAttribute("tabindex", "0");
    this.#at = i;
  }

  #move(event) {
    const i = this.#indexOf(event.target);
    const last = this.buttons.length - 1;
    const row = this.inRow();
    const [across, down] = this.isTurned() ? [row, 1] : [1, row];
    const step = { ArrowLeft: -across, ArrowRight: across, ArrowUp: -down, ArrowDown: down }[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? last : step ? i + step : -1;
    if (i < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    if (step || event.key === "Home" || event.key === "End") event.preventDefault();
    if (to >= 0 && to <= last) this.buttons[to].focus();
  }
}
