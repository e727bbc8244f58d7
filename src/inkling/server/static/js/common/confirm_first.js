// Runs `work` when the button is pressed a second time within a few seconds.

const SURE_MS = 4000;

export function confirmFirst(button, work, question = "Press again to be sure") {
  if (button.dataset.sure) return work();
  const [text, label] = [button.textContent, button.getAttribute("aria-label")];
  button.dataset.sure = "asked";
  button.textContent = question;
  if (label) button.setAttribute("aria-label", `${question} ${label}`);
  setTimeout(() => {
    delete button.dataset.sure;
    button.textContent = text;
    if (label) button.setAttribute("aria-label", label);
  }, SURE_MS);
  return undefined;
}
