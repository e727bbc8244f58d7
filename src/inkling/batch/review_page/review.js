// The review page's script: typed numbers, checked cards, and the table of corrections. The page sends nothing.
"use strict";
(() => {
  // Digits -> whether the check digit is correct. Other checksums are not checked here.
  const sum = (digits, weight) => digits.reduce((total, digit, at) => total + weight(digit, at), 0);
  const doubled = (digit) => (digit > 4 ? 2 * digit - 9 : 2 * digit);
  const luhn = (digits) => sum(digits.toReversed(), (digit, at) => (at % 2 ? doubled(digit) : digit)) % 10 === 0;
  const CHECKS = {
    luhn,
    imei: (digits) => digits.length === 15 && luhn(digits),
    ean: (digits) =>
      [8, 12, 13, 14].includes(digits.length) && sum(digits.toReversed(), (digit, at) => (at % 2 ? 3 : 1) * digit) % 10 === 0,
    mod_97_10: (digits) => digits.reduce((rest, digit) => (10 * rest + digit) % 97, 0) === 1,
    mod_11_10: (digits) => digits.reduce((check, digit) => ((((check || 10) * 2) % 11) + digit) % 10, 5) === 1,
  };

  // Convert a Python pattern: \$ matches any currency sign, and {,3} means {0,3}.
  const regularExpression = (pattern) =>
    new RegExp(`^(?:${pattern.trim().replaceAll("\\$", "[$\u20ac\u00a3\u00a5]").replaceAll("{,", "{0,")})$`);

  const list = document.querySelector(".cards");
  if (!list) return;
  const groups = JSON.parse(list.dataset.known).map((known) => ({
    ...known,
    fits: known.pattern && regularExpression(known.pattern),
    numbers: known.list?.numbers && new Set(known.list.numbers),
  }));
  const cards = [...list.querySelectorAll(".card")].map((box) => {
    const group = groups[box.dataset.group];
    const { source, field, read, written } = box.dataset;
    const input = box.querySelector("input");
    const flag = box.querySelector(".flag");
    const says = [...box.querySelectorAll(".says button")];
    return { box, group, source, field, read, first: group.signs ? written : read, input, flag, says, answer: "number", checked: false };
  });
  for (const { check } of groups) {
    if (check && !(check in CHECKS)) document.querySelector(".how").append(` The checksum ${check} is not checked here.`);
  }
  const [done, changed, far, save, by, missing] = ["done", "changed", "far", "save", "by", "missing"].map((id) =>
    document.getElementById(id),
  );
  const memory = `inkling-review-${list.dataset.page}`; // so that closing the page loses nothing
  let unsaved = false;

  const shown = (text) => text.replaceAll("\n", " / ");
  const typed = (card) =>
    card.input.value
      .split(card.group.signs ? " / " : /[/\n]/)
      .map((line) => line.replace(card.group.signs ? /[^0-9.,+\-/:%()$\u20ac\u00a3\u00a5]/g : /[^0-9]/g, ""))
      .filter(Boolean)
      .join("\n");
  const number = (card) => (card.answer === "number" ? typed(card).replace(/[^0-9]/g, "") : "");
  const isCorrected = (card) => card.answer !== (card.first ? "number" : "empty") || typed(card) !== card.first;

  // Why a typed number violates its constraints; "" if it does not.
  function wrong(card) {
    const { group } = card;
    const digits = number(card);
    if (!digits) return "";
    const [least, most] = group.length ?? [0, Infinity];
    if (digits.length < least || digits.length > most) {
      return `${digits.length} ${digits.length === 1 ? "digit" : "digits"}; ${least === most ? least : `${least} to ${most}`} expected`;
    }
    if (group.fits && !group.fits.test(group.signs ? typed(card) : digits)) return `does not fit ${group.pattern}`;
    if (group.check in CHECKS && !CHECKS[group.check]([...digits].map(Number))) return `fails ${group.check}`;
    if (group.numbers && !group.numbers.has(digits)) return `not in ${group.list.name}`;
    return "";
  }

  function tellFlags() {
    const holders = new Map(); // group -> number -> the sources that contain it
    for (const group of groups) holders.set(group, new Map(Object.entries(group.elsewhere).map(([text, at]) => [text, [...at]])));
    for (const card of cards) {
      const [text, held] = [number(card), holders.get(card.group)];
      if (text) held.set(text, [...(held.get(text) ?? []), card.source]);
    }
    for (const card of cards) {
      const all = holders.get(card.group).get(number(card)) ?? [];
      const others = all.toSpliced(all.indexOf(card.source), 1);
      const twice = card.group.numbers?.has(number(card)) && others.length ? `also on ${others.join(", ")}` : "";
      card.flag.textContent = [wrong(card), twice].filter(Boolean).join("; ");
      card.flag.hidden = !card.flag.textContent;
    }
    if (!missing) return;
    const rows = groups.flatMap((group) => {
      if (!group.numbers) return [];
      const left = [...group.numbers].filter((text) => !holders.get(group).get(text)?.length);
      return left.length ? [[group, left]] : [];
    });
    missing.hidden = !rows.length;
    missing.querySelector("ul").replaceChildren(
      ...rows.map(([group, left]) => {
        const item = document.createElement("li");
        const more = left.length > 200 ? ` and ${(left.length - 200).toLocaleString("en")} more` : "";
        const of = `${left.length.toLocaleString("en")} of ${group.numbers.size.toLocaleString("en")} in ${group.list.name}`;
        item.textContent = `${group.field && `${group.field}: `}${of}: ${left.slice(0, 200).join(", ")}${more}`;
        return item;
      }),
    );
  }

  function mark(card, checked) {
    card.checked = checked;
    card.box.classList.toggle("checked", checked);
    card.box.classList.toggle("corrected", checked && isCorrected(card));
  }

  function say(card, answer) {
    card.answer = answer;
    if (answer !== "number") card.input.value = "";
    card.input.placeholder = answer === "number" ? "none" : answer;
    for (const button of card.says) button.setAttribute("aria-pressed", button.dataset.answer === answer);
  }

  function tell() {
    const right = cards.filter((card) => card.checked);
    const corrected = right.filter(isCorrected).length;
    done.textContent = right.length.toLocaleString("en");
    changed.textContent = corrected ? `, ${corrected.toLocaleString("en")} corrected` : "";
    far.setAttribute("width", (100 * right.length) / cards.length);
    save.disabled = right.length === 0;
    tellFlags();
  }

  function remember() {
    unsaved = true;
    const kept = cards.flatMap((card, at) => (card.checked ? [[at, [card.answer, typed(card)]]] : []));
    try {
      localStorage.setItem(memory, JSON.stringify(Object.fromEntries(kept)));
      localStorage.setItem("inkling-review-by", by.value);
    } catch {
      // the browser stores nothing for local files: corrections are only in the saved table
    }
    tell();
  }

  function recall() {
    try {
      by.value = localStorage.getItem("inkling-review-by") ?? "";
      for (const [at, [answer, text]] of Object.entries(JSON.parse(localStorage.getItem(memory) ?? "{}"))) {
        if (!cards[at]) continue;
        cards[at].input.value = shown(text);
        say(cards[at], answer);
        mark(cards[at], true);
      }
    } catch {
      // nothing is stored, or it cannot be read
    }
  }

  function go(at) {
    const card = cards[Math.max(0, at)];
    if (!card) return save.focus();
    card.input.focus();
    card.input.select();
    card.box.scrollIntoView({ block: "nearest" });
  }

  // Mark a card as checked; without digits, its answer is "empty".
  function take(card) {
    card.input.value = shown(typed(card));
    if (card.answer === "number" && !typed(card)) say(card, "empty");
    mark(card, true);
    remember();
  }

  const quoted = (cell) => `"${String(cell).replaceAll('"', '""')}"`;
  // No cell starts like a formula, whatever the names of the files. The exception is ="0042", which keeps its zeros
  // in a spreadsheet.
  const isFormula = (text) => /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text);
  const path = (source) => (isFormula(source) ? `./${source}` : source);
  const plain = (text) => (isFormula(text) ? `'${text}` : text);
  const HEADING = ["source", "field", "read", "answer", "right", "right_cell", "corrected", "by"];
  function table() {
    const rows = cards
      .filter((card) => card.checked)
      .map((card) => {
        const right = typed(card);
        const cell = right && `="${shown(right)}"`;
        const who = plain(by.value.trim() || "reviewer");
        return [path(card.source), plain(card.field), card.first, card.answer, right, cell, isCorrected(card), who];
      });
    return [HEADING, ...rows].map((row) => row.map(quoted).join(",") + "\r\n").join("");
  }

  cards.forEach((card, at) => {
    card.input.value = shown(card.first);
    card.input.readOnly = false;
    card.input.addEventListener("focus", () => card.input.select());
    card.input.addEventListener("input", () => {
      if (card.answer !== "number") say(card, "number");
      if (card.checked) {
        mark(card, false);
        remember();
      } else tellFlags();
    });
    card.input.addEventListener("keydown", (event) => {
      const letter = { e: "empty", u: "unreadable" }[event.key.toLowerCase()];
      if (event.key === "Escape") {
        card.input.value = shown(card.first);
        say(card, "number");
        mark(card, false);
        remember();
      } else if (letter && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        say(card, letter);
        take(card);
        go(at + 1);
      } else if (event.key === "Enter" && !event.isComposing) {
        event.preventDefault();
        if (event.shiftKey) return go(at - 1);
        take(card);
        go(at + 1);
      }
    });
    for (const button of card.says) {
      button.addEventListener("click", () => {
        say(card, button.dataset.answer);
        take(card);
      });
    }
    for (const button of card.box.querySelectorAll(".options button")) {
      button.disabled = false;
      button.addEventListener("click", () => {
        if (card.answer !== "number") card.input.value = shown(card.first);
        let place = -1;
        card.input.value = [...card.input.value]
          .map((sign) => (/[0-9]/.test(sign) && ++place === Number(button.dataset.place) ? button.dataset.digit : sign))
          .join("");
        say(card, "number");
        take(card);
      });
    }
  });
  by.addEventListener("change", remember);

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
