// Small helpers for the page.

export const byId = (id) => document.getElementById(id);

// make("button", {className: "thumb", textContent: "4"}, child, ...)
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// Sets the text only if it changes, to avoid needless layout and announcements.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Marks one of several buttons as pressed.
export function press(buttons, chosen) {
  buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === chosen)));
}

let timer = null;

// Announces a text to screen readers; of several texts in quick succession, only the last is announced.
export function announce(text) {
  clearTimeout(timer);
  timer = setTimeout(() => write(byId("spoken"), text), 350);
}
