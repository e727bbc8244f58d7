// The tools under the board and their keyboard shortcuts. Escape and Delete clear the paper only if the board or
// nothing has the focus.

const byId = (id) => document.getElementById(id);
const [undo, redo, clear, link] = ["undo", "redo", "clear", "link"].map(byId);
const pens = [...document.querySelectorAll(".pens input")];

// `picture()` says whether a picture is on the paper; `clearAll()` and `share()` run the actions.
export function watchTools(board, { picture, clearAll, share }) {
  undo.addEventListener("click", () => board.undo());
  redo.addEventListener("click", () => board.redo());
  clear.addEventListener("click", clearAll);
  link.addEventListener("click", share);
  for (const pen of pens) pen.addEventListener("change", () => take(board, pen));
  take(board, pens.find((pen) => pen.checked));
  addEventListener("keydown", (event) => {
    if (event.target.closest?.("select, input:not([type=radio], [type=checkbox])")) return;
    if (document.querySelector(":popover-open, dialog[open], #crop:not([hidden])")) return; // Escape closes it
    const action = actionOf(event, board, { picture, clearAll });
    if (!action) return;
    event.preventDefault();
    action();
  });
  board.canvas.addEventListener("keydown", (event) => {
    const step = { "[": -1, "]": 1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey) return;
    const at = pens.findIndex((pen) => pen.checked);
    pens[Math.min(pens.length - 1, Math.max(0, at + step))].click();
  });
}

function actionOf(event, board, { picture, clearAll }) {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (picture()) return null;
    if (key === "y" || (key === "z" && event.shiftKey)) return () => board.redo();
    return key === "z" ? () => board.undo() : null;
  }
  const isOnBoard = event.target === board.canvas || event.target === document.body;
  return isOnBoard && (key === "escape" || key === "delete") ? clearAll : null;
}

// A pen's value is its width in units of the board; the eraser's is "eraser".
function take(board, { value }) {
  board.tool = value === "eraser" ? "eraser" : "pen";
  board.canvas.classList.toggle("erasing", board.tool === "eraser");
  if (board.tool === "pen") board.penWidth = Number(value);
}

export function updateTools(board, picture) {
  undo.disabled = picture || !board.canUndo;
  redo.disabled = picture || !board.canRedo;
  clear.disabled = !picture && board.isEmpty;
  link.disabled = !picture && board.isEmpty;
  if (document.activeElement.disabled) board.canvas.focus({ preventScroll: true });
}
