
// Checking: what was typed, what counts as checked, and the table of corrections. Nothing leaves this page by itself.
"use strict";
(() => {
  const list = document.querySelector(".cards");
  if (!list) return;
  const cards = [...list.querySelectorAll(".card")].map((box) => ({
    box,
    source: box.dataset.source,
    read: box.dataset.read,
    input: box.querySelector("input"),
    checked: false,
  }));
  const [done, changed, far, save] = ["done", "changed", "far", "save"].map((id) => document.getElementById(id));
  const memory = `inkling-review-${list.dataset.page}`; // so that closing the page loses nothing
  let unsaved = false;

  const shown = (text) => text.replaceAll("\n", " / ");
  const typed = (card) =>
    card.input.value
      .split(/[/\n]/)
      .map((line) => line.replace(/[^0-9]/g, ""))
      .filter(Boolean)
      .join("\n");

  function mark(card, checked) {
    card.checked = checked;
    card.box.classList.toggle("checked", checked);
    card.box.classList.toggle("corrected", checked && typed(card) !== card.read);
  }

  function tell() {
    const right = cards.filter((card) => card.checked);
    const corrected = right.filter((card) => typed(card) !== card.read).length;
    done.textContent = right.length.toLocaleString("en");
    changed.textContent = corrected ? `, ${corrected.toLocaleString("en")} corrected` : "";
    far.setAttribute("width", (100 * right.length) / cards.length);
    save.disabled = right.length === 0;
  }

  function remember() {
    unsaved = true;
    const kept = Object.fromEntries(cards.flatMap((card, at) => (card.checked ? [[at, typed(card)]] : [])));
    try {
      localStorage.setItem(memory, JSON.stringify(kept));
    } catch {
      // a browser that keeps nothing for a file: then the table alone keeps it
    }
    tell();
  }

  function recall() {
    try {
      for (const [at, text] of Object.entries(JSON.parse(localStorage.getItem(memory) ?? "{}"))) {
        if (!cards[at]) continue;
        cards[at].input.value = shown(text);
        mark(cards[at], true);
      }
    } catch {
      // nothing was kept, or it cannot be read
    }
  }

  function go(at) {
    const card = cards[Math.max(0, at)];
    if (!card) return save.focus();
    card.input.focus();
    card.input.select();
    card.box.scrollIntoView({ block: "nearest" });
  }

  const quoted = (cell) => `"${String(cell).replaceAll('"', '""')}"`;
  // No cell starts as a formula, whatever the files are called; but ="0042" keeps its zeros in a spreadsheet.
  const harmless = (source) => (/^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(source) ? `./${source}` : source);
  function table() {
    const rows = cards
      .filter((card) => card.checked)
      .map((card) => {
        const right = typed(card);
        return [harmless(card.source), card.read, right, right && `="${shown(right)}"`, right !== card.read];
      });
    return [["source", "read", "right", "right_cell", "corrected"], ...rows]
      .map((row) => row.map(quoted).join(",") + "\r\n")
      .join("");
  }

  cards.forEach((card, at) => {
    card.input.readOnly = false;
    card.input.addEventListener("focus", () => card.input.select());
    card.input.addEventListener("input", () => {
      if (card.checked) {
        mark(card, false);
        remember();
      }
    });
    card.input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        card.input.value = shown(card.read);
        mark(card, false);
        remember();
      } else if (event.key === "Enter" && !event.isComposing) {
        event.preventDefault();
        if (event.shiftKey) return go(at - 1);
        card.input.value = shown(typed(card));
        mark(card, true);
        remember();
        go(at + 1);
      }
    });
    for (const button of card.box.querySelectorAll(".options button")) {
      button.disabled = false;
      button.addEventListener("click", () => {
        let place = -1;
        card.input.value = [...card.input.value]
          .map((sign) => (/[0-9]/.test(sign) && ++place === Number(button.dataset.place) ? button.dataset.digit : sign))
          .join("");
        mark(card, true);
        remember();
      });
    }
  });

  save.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([table()], { type: "text/csv;charset=utf-8" }));
    link.download = `${list.dataset.name}-corrections.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    unsaved = false;
  });
  addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });

  document.documentElement.classList.add("alive");
  recall();
  tell();
})();
