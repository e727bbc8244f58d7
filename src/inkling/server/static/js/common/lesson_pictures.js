// An <img> of a lesson, 28x28 pixels: light ink on black, which hands.css adapts to the color scheme.
export function lessonPicture({ image }, alt = "") {
  const picture = document.createElement("img");
  Object.assign(picture, { src: image, alt, width: 28, height: 28, className: "lesson-picture", decoding: "async" });
  return picture;
}
