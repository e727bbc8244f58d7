// START HERE: the loop of the page: draw, teach, see what changed, draw again.

import { agree, chooseHand, hasAgreed } from "../common/chosen_hand.js";
import { confirmFirst } from "../common/confirm_first.js";
import { byId } from "../common/dom.js";
import { complaintAbout, HandChooser } from "../common/hand_chooser.js";
import { allLessons, deleteHand, deleteLesson, exportHand, getHand, importHand, sentenceOf, useVersion } from "../common/hands_client.js";
import { Collect } from "./collect.js";
import { showLessons } from "./lesson_list.js";
import { LiveReading } from "./live_reading.js";
import { showResult } from "./result.js";
import { TeachStep } from "./teach_step.js";
import { showVersions } from "./version_list.js";

let lessons = []; // of the chosen hand
let seen = null; // the version whose changes are shown
let began = ""; // the hand in use on the page

const offline = (isOffline) => (byId("offline").hidden = !isOffline);
const say = (sentence) => (byId("message").textContent = sentence);

const named = new URLSearchParams(location.search).get("hand");
if (named && !complaintAbout(named)) chooseHand(named.trim().normalize("NFC"));
const chooser = new HandChooser({ changed: open, failed: say });
const live = new LiveReading({ chooser, offline, say });
const collect = new Collect({ chooser, added, removed, inked: (board) => live.read(board), say });
const teaching = new TeachStep({ chooser, taught });

// Shows the chosen hand; first asks for consent to store digits.
async function open() {
  say("");
  const { name, hand } = chooser;
  const mayKeep = name !== "" && hasAgreed(chooser.store);
  byId("begin").hidden = mayKeep;
  byId("work").hidden = !mayKeep;
  history.replaceState(null, "", name ? `?hand=${encodeURIComponent(name)}` : location.pathname);
  if (!mayKeep) return askForConsent();
  seen = hand?.versions.at(-1) ?? null;
  lessons = [];
  if (hand) await tried(async () => (lessons = await allLessons(name)));
  if (name !== chooser.name) return undefined;
  show();
  if (began !== name) collect.begin();
  began = name;
  live.read();
  teaching.resume();
  return undefined;
}

function askForConsent() {
  byId("consent").textContent =
    `inkling stores the 28 × 28 picture of each digit that you draw here, its label, what it was read as and by which ` +
    `network, in ${chooser.store}, until you delete it on this page.`;
  byId("begin").elements.name.value = chooser.name;
  byId("hand-facts").textContent = "";
}

function show() {
  const { hand, name } = chooser;
  const versions = hand?.versions ?? [];
  const n = hand?.lessons ?? 0;
  byId("hand-facts").textContent = hand
    ? `${n} ${n === 1 ? "digit" : "digits"} kept in ${chooser.store}; ${hand.active ? `version ${hand.active}` : "the original network"} is in use.`
    : "Nothing is stored yet.";
  collect.show(hand?.digits ?? {});
  teaching.show(n);
  showResult(name, seen, lessons, { draw });
  showVersions({ versions, active: hand?.active ?? 0 }, { use, see });
  showLessons(lessons, remove);
}

// Call when lessons were added. `hand`: its current state.
async function added(hand, some) {
  chooser.update(hand);
  const there = new Set(lessons.map(({ id }) => id));
  if (some.some(({ contradicts }) => contradicts.length)) lessons = await allLessons(hand.name);
  else lessons = [...some.filter(({ id }) => !there.has(id)), ...lessons];
  show();
}

// Call when lessons were deleted.
async function removed(ids) {
  chooser.update(await getHand(chooser.name));
  const stays = (id) => !ids.includes(id);
  lessons = lessons.filter(({ id }) => stays(id)).map((lesson) => ({ ...lesson, contradicts: lesson.contradicts.filter(stays) }));
  show();
}

function taught(hand, version) {
  chooser.update(hand);
  seen = version;
  show();
  if (collect.board.isEmpty && lessons.length) collect.askAgain(lessons[0].label); // the newest
  live.read();
  const { activeElement } = document; // the button, now disabled, unless the user has gone on meanwhile
  if (activeElement === document.body || activeElement.disabled) byId("result-heading").focus({ preventScroll: true });
}

// Asks for one more `digit`; "" stands for any digit.
function draw(digit) {
  collect.askAgain(digit);
  document.querySelector(".drawing").scrollIntoView({ block: "nearest" });
  byId("draw-heading").focus({ preventScroll: true });
}

function see(version) {
  seen = version;
  showResult(chooser.name, version, lessons, { draw });
  byId("result-heading").focus();
}

function use(version) {
  return tried(async () => {
    chooser.update((await useVersion(chooser.name, version)).hand);
    show();
    live.read();
    byId("versions-heading").focus({ preventScroll: true }); // the list was rebuilt
  });
}

function remove(ids) {
  return tried(async () => {
    for (const id of ids) await deleteLesson(chooser.name, id);
    await removed(ids);
    byId("lessons-heading").focus({ preventScroll: true });
  });
}

function save() {
  return tried(async () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await exportHand(chooser.name));
    link.download = `${chooser.name}.zip`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}

// Imports the lessons of a file that this page or a server exported.
function add({ target }) {
  const [file] = target.files;
  target.value = "";
  return tried(async () => {
    const { hand, lessons: some } = await importHand(chooser.name, file);
    await added(hand, some);
  });
}

async function tried(work) {
  say("");
  try {
    await work();
  } catch (error) {
    say(sentenceOf(error));
  }
}

byId("begin").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = event.target.elements.name;
  const complaint = complaintAbout(input.value);
  byId("begin-wrong").textContent = complaint;
  if (complaint) return input.focus();
  const name = input.value.trim().normalize("NFC");
  agree(chooser.store);
  if (name === chooser.name) open();
  else chooser.choose(name);
  document.querySelector(".drawing").scrollIntoView({ block: "nearest" }); // on a phone, explanations come first
  byId("draw-heading").focus({ preventScroll: true });
  return undefined;
});
byId("export").addEventListener("click", (event) => {
  event.preventDefault();
  save();
});
byId("import")?.addEventListener("change", add);
byId("delete-hand").addEventListener("click", (event) => {
  const remove = () =>
    tried(async () => {
      await deleteHand(chooser.name);
      began = "";
      chooser.remove(chooser.name);
      byId("begin-name").focus();
    });
  confirmFirst(event.currentTarget, remove, "Delete all digits and versions?");
});

await tried(async () => {
  await chooser.load();
  await open();
});
document.documentElement.dataset.ready = "true";
