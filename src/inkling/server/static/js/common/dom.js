// Small helpers for the page.

export const byId = (id) => document.getElementById(id);

// make("button", {className: "thumb", textContent: "4"}, child, ...)
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// Sets text only where it changes, so that nothing is laid out or read aloud in vain.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// One of several buttons is pressed.
export function press(buttons, chosen) {
  buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === chosen)));
}

let timer = null;

// For a screen reader: the last of what is said in quick succession.
export function announce(text) {
  clearTimeout(timer);
  timer = setTimeout(() => write(byId("spoken"), text), 350);
}
