// A step of a reading as a picture with a title and a caption. `step`: an entry of `steps` of POST /api/v1/filmstrip.

export function stepPicture({ picture, title, size: [width, height] }) {
  const image = document.createElement("img");
  Object.assign(image, { src: picture, alt: title, width, height });
  return image;
}

export function rowStep(step) {
  const item = document.createElement("li");
  item.dataset.step = step.name;
  const [title, frame, caption] = ["h3", "div", "p"].map((name) => document.createElement(name));
  title.textContent = step.title;
  frame.className = "pane";
  frame.append(stepPicture(step));
  caption.className = "caption";
  caption.textContent = step.caption;
  item.append(title, frame, caption);
  return item;
}
