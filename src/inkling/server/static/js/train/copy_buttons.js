// Buttons that copy the command beside them, where the browser gives access to the clipboard.

const SAID_MS = 2000;

export function addCopyButtons() {
  if (!navigator.clipboard) return; // missing over plain HTTP from another machine
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), SAID_MS);
    });
  }
}
