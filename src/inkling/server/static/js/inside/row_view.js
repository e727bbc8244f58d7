// A row that was read as a whole: what the line network sees and says of it.

import { ask } from "../common/api_client.js";
import { LatestRequest } from "../common/latest_request.js";
import { rowStep } from "../common/row_steps.js";
import { howSure } from "../common/how_sure.js";
import { byId, write } from "../common/dom.js";

const ON_BOARD = ["image", "layout"]; // steps that the drawing itself shows

export class RowView {
  constructor({ source, model }) {
    Object.assign(this, { source, model });
    this.requests = new LatestRequest({
      shown: (answer, { blob }) => blob === source.row && this.#draw(answer),
      refused: (error) => source.say(error.message),
      offline: (isOffline) => (byId("offline").hidden = !isOffline),
    });
  }

  show() {
    const { row: blob } = this.source;
    this.requests.ask({ blob, run: () => ask("filmstrip", blob, { model: this.model() }) });
  }

  #draw(answer) {
    write(byId("answer"), answer.written.replaceAll("\n", " / "));
    write(byId("sure"), howSure(answer));
    write(byId("rightly"), "");
    byId("row-steps").replaceChildren(...answer.steps.filter(({ name }) => !ON_BOARD.includes(name)).map(rowStep));
  }
}
