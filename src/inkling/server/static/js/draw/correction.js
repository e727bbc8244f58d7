// "This is a …": corrects a digit of the answer in a popover at its tile, in steps:
// label -> consent (once per device) -> kept, or a contradiction -> taught.

import { agree, chooseHand, hasAgreed } from "../common/chosen_hand.js";
import { complaintAbout } from "../common/hand_chooser.js";
import { article, deleteLesson, keepLessons, named, sentenceOf, teachesHere, teachHand, useVersion } from "../common/hands_client.js";
import { lessonPicture } from "../common/lesson_pictures.js";
import { pageAddress } from "../common/site.js";
import { place } from "./popover_place.js";
import { byId } from "./page_text.js";

const popover = byId("correction");
const part = (name) => popover.querySelector(`[data-part="${name}"]`);
const session = `Draw page, ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;

export class Correction {
  #entry = null; // the digit to correct: {box, said}, and its picture {blob, model, source}
  #label = ""; // the correct label: digits, or "none"
  #opener = null; // the element that gets the focus back
  #kept = []; // lessons just stored
  #before = 0; // the version that was in use before teaching

  // `chooser` is the HandChooser; `readAgain()` reads the same picture again and resolves to the reading.
  constructor({ chooser, readAgain }) {
    Object.assign(this, { chooser, readAgain });
    popover.addEventListener("keydown", (event) => this.#key(event));
    popover.addEventListener("toggle", (event) => event.newState === "closed" && this.#opener?.isConnected && this.#opener.focus());
    popover.querySelectorAll("[data-label]").forEach((button) => button.addEventListener("click", () => this.#say(button.dataset.label)));
    byId("several").hidden = teachesHere; // only a server can separate digits that touch
    byId("several").addEventListener("click", () => this.#askForSeveral());
    byId("several-form").addEventListener("submit", (event) => this.#several(event));
    byId("consent-form").addEventListener("submit", (event) => this.#consent(event));
    byId("teach-now").addEventListener("click", () => this.#teach());
    byId("undo-lesson").addEventListener("click", () => this.#undo());
    byId("take-back").addEventListener("click", () => this.#takeBack());
    popover.querySelectorAll("[data-close]").forEach((button) => button.addEventListener("click", () => popover.hidePopover()));
  }

  // Opens at the element `opener`. `entry`: {box, said, blob, model, source}. A `label` skips the first step.
  open(opener, entry, label = "") {
    if (!entry.blob) return;
    if (!this.chooser.store) this.chooser.load().catch(() => {}); // while the person chooses; an error is shown later
    this.#entry = entry;
    this.#opener = opener;
    popover.removeAttribute("aria-busy");
    byId("several-form").hidden = true;
    for (const button of popover.querySelectorAll("[data-label]")) button.disabled = button.dataset.label === entry.said;
    this.#show("label", entry.said === "none" ? "Read as no digit. This is a …" : `Read as ${entry.said}. This is a …`);
    if (!popover.matches(":popover-open")) popover.showPopover();
    place(popover, opener);
    if (label) this.#say(label);
    else (popover.querySelector("[data-label]:enabled") ?? popover).focus();
  }

  #key(event) {
    event.stopPropagation(); // keeps the page's shortcuts out
    if (part("label").hidden || event.target.matches("input") || !/^\d$/.test(event.key)) return;
    event.preventDefault();
    this.#say(event.key);
  }

  #askForSeveral() {
    byId("several-form").hidden = false;
    byId("several-form").reset();
    place(popover, this.#opener);
    byId("several-form").elements.digits.focus();
  }

  #several(event) {
    event.preventDefault();
    const { value } = event.target.elements.digits;
    if (/^\d{2,4}$/.test(value)) this.#say(value);
    else this.#wrong("Type the joined digits, for example 12.");
  }

  async #say(label) {
    this.#wrong("");
    if (label === this.#entry.said) return this.#wrong(`It was already read as ${named(label)}.`);
    this.#label = label;
    if (!this.chooser.store && !(await this.#busily(() => this.chooser.load()))) return undefined;
    if (hasAgreed(this.chooser.store) && this.chooser.name) return this.#keep();
    return this.#askForConsent();
  }

  #askForConsent() {
    const { said, model } = this.#entry;
    const [form, network] = [byId("consent-form"), `${model.name} ${model.version}`];
    byId("consent").textContent =
      `inkling stores the 28 × 28 picture of this digit, what was read (${named(said)}, by ${network}) and your label ` +
      `(${named(this.#label)}) in ${this.chooser.store}, until you delete it on the Teach page.`;
    byId("hand-names").replaceChildren(...this.chooser.names.map((name) => new Option(name)));
    form.elements.name.value = this.chooser.name;
    this.#show("consent", "Before you start");
    form.elements.name.focus();
  }

  #consent(event) {
    event.preventDefault();
    const input = event.target.elements.name;
    const complaint = complaintAbout(input.value);
    this.#wrong(complaint);
    if (complaint) return input.focus();
    agree(this.chooser.store);
    chooseHand(input.value.trim().normalize("NFC"));
    return this.#keep();
  }

  async #keep() {
    const { box, said, blob, model, source } = this.#entry;
    const lessons = [{ box, label: this.#label, said }];
    const answer = await this.#busily(() => keepLessons(this.chooser.name, { blob, lessons, model, source, session }));
    if (!answer) return;
    this.chooser.update(answer.hand);
    this.#kept = answer.stored ? answer.lessons : [];
    if (answer.contradictions.length) return this.#showContradiction(answer);
    const what = this.#label.length > 1 && this.#label !== "none" ? this.#label.split("").join(" and ") : article(this.#label);
    const known = answer.stored ? "" : " It was already stored.";
    byId("kept").replaceChildren(this.#kept.length ? "Kept for " : "For ", strong(this.chooser.name), `: this is ${what}.${known}`);
    byId("kept-pictures").replaceChildren(...answer.lessons.map((lesson) => lessonPicture(lesson)));
    byId("undo-lesson").hidden = this.#kept.length === 0;
    this.#show("kept", "Kept");
    byId("teach-now").focus();
  }

  // The same picture already has another label: the person chooses one, and the others are deleted.
  #showContradiction({ lessons, contradictions }) {
    const all = [...new Map([...contradictions, ...lessons].map((lesson) => [lesson.id, lesson])).values()];
    const choices = all.map((lesson) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(lessonPicture(lesson), `It is ${article(lesson.label)}`);
      button.addEventListener("click", () => this.#settle(lesson, all));
      return button;
    });
    byId("contradiction-choices").replaceChildren(...choices);
    this.#show("contradiction", "Two labels");
    choices[0].focus();
  }

  async #settle(right, all) {
    const others = all.filter((lesson) => lesson.id !== right.id);
    const done = await this.#busily(() => Promise.all(others.map(({ id }) => deleteLesson(this.chooser.name, id))));
    if (!done) return;
    this.#kept = [right];
    byId("kept").replaceChildren("Kept for ", strong(this.chooser.name), `: this is ${article(right.label)}. Other labels were deleted.`);
    byId("kept-pictures").replaceChildren(lessonPicture(right));
    byId("undo-lesson").hidden = false;
    this.#show("kept", "Kept");
    byId("teach-now").focus();
  }

  async #undo() {
    const done = await this.#busily(() => Promise.all(this.#kept.map(({ id }) => deleteLesson(this.chooser.name, id))));
    if (!done) return;
    this.chooser.refresh();
    popover.hidePopover();
  }

  async #teach() {
    this.#before = this.chooser.hand?.active ?? 0;
    const answer = await this.#busily(() => teachHand(this.chooser.name, "light"), "Learning …");
    if (!answer) return;
    const { version, hand } = answer;
    this.chooser.update(hand);
    const again = version.promoted ? await this.#readAgain() : "";
    byId("taught").textContent = version.promoted
      ? `Version ${version.version} of ${hand.name} is used from the next stroke on.${again}`
      : version.reason;
    byId("taught-more").href = pageAddress(`/teach?hand=${encodeURIComponent(hand.name)}`);
    byId("take-back").hidden = !version.promoted;
    this.#show("taught", version.promoted ? "Taught" : "Not used");
    byId("taught-close").focus();
  }

  async #takeBack() {
    const answer = await this.#busily(() => useVersion(this.chooser.name, this.#before));
    if (!answer) return;
    this.chooser.update(answer.hand);
    const again = await this.#readAgain();
    byId("taught").textContent = `${this.#before ? `Version ${this.#before}` : "The original network"} is used again.${again}`;
    byId("take-back").hidden = true;
    this.#show("taught", "Undone");
    byId("taught-close").focus();
  }

  // " Read again: 7."
  async #readAgain() {
    const reading = await this.#busily(() => this.readAgain(), "Reading it again …");
    return reading ? ` Read again: ${reading.written.replaceAll("\n", " / ") || "no digit"}.` : "";
  }

  // The result of `work`; null after an API error, which is shown, or while other work is running.
  async #busily(work, words = "One moment …") {
    if (popover.hasAttribute("aria-busy")) return null; // a second click
    this.#wrong("");
    popover.setAttribute("aria-busy", "true");
    byId("correction-busy").textContent = words;
    try {
      return await work();
    } catch (error) {
      this.#wrong(sentenceOf(error));
      return null;
    } finally {
      popover.removeAttribute("aria-busy");
      byId("correction-busy").textContent = "";
    }
  }

  #show(name, heading) {
    this.#wrong("");
    byId("correction-heading").textContent = heading;
    for (const each of popover.querySelectorAll("[data-part]")) each.hidden = each.dataset.part !== name;
    if (popover.matches(":popover-open")) place(popover, this.#opener);
  }

  #wrong(text) {
    byId("correction-wrong").textContent = text;
  }
}

function strong(text) {
  return Object.assign(document.createElement("strong"), { textContent: text });
}
