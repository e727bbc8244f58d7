// A row that was read as a whole: the input and output of the line network.

import { ask } from "../common/api_client.js";
import { byId, make, write } from "../common/dom.js";
import { howSure } from "../common/how_sure.js";
import { LatestRequest } from "../common/latest_request.js";
import { greyPng } from "../common/png.js";
import { rowStep } from "../common/row_steps.js";
import { RowWhyView } from "../common/row_why_view.js";

const ON_BOARD = ["image", "layout"]; // steps that the drawing itself shows

export class RowView {
  #views = [];

  constructor({ source, model }) {
    Object.assign(this, { source, model });
    this.requests = new LatestRequest({
      shown: (answer, { row }) => row === source.row && this.#drawSteps(answer),
      refused: (error) => source.say(error.message),
      offline: (isOffline) => (byId("offline").hidden = !isOffline),
    });
  }

  show() {
    const { row } = this.source;
    const { reading } = row;
    write(byId("answer"), reading.written.replaceAll("\n", " / "));
    write(byId("sure"), howSure(reading));
    write(byId("rightly"), "");
    const rows = (reading.rows ?? []).filter(({ symbols }) => symbols.length > 0);
    byId("rows-why").hidden = rows.length === 0;
    byId("row-steps").hidden = rows.length > 0;
    if (rows.length > 0) return this.#drawRows(rows);
    this.requests.ask({ row, run: async () => ask("filmstrip", await greyPng(row.canvas), { model: this.model() }) });
  }

  // Shows each row as the page has read it.
  #drawRows(rows) {
    if (this.#views.length !== rows.length) {
      const holders = rows.map(() => make("section"));
      byId("rows-why").replaceChildren(...holders);
      this.#views = holders.map((holder) => new RowWhyView(holder));
    }
    rows.forEach((row, i) => this.#views[i].show(row));
  }

  // Shows the steps of the server's reading as pictures.
  #drawSteps({ steps }) {
    byId("row-steps").replaceChildren(...steps.filter(({ name }) => !ON_BOARD.includes(name)).map(rowStep));
  }
}
