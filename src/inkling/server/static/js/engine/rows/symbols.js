// The symbols of the line recognizer: digits, signs in numbers, and other marks.

export const MARK = "mark"; // neither a digit nor one of the signs
export const SIGNS = [".", ",", "-", "+", "/", ":", "%", "(", ")", "\u00a4"]; // the last is any currency sign
export const CLASSES = [..."0123456789", ...SIGNS, MARK]; // in the order of the network's outputs, before the blank
export const N_DIGITS = 10;
export const KINDS = {
  ".": "point", ",": "comma", "-": "minus", "+": "plus", "/": "slash", ":": "colon", "%": "percent",
  "(": "bracket", ")": "bracket", "\u00a4": "currency", [MARK]: "mark",
}; // names of non-digit symbols in a result

// A text of symbol numbers as a string, without marks.
export function asWritten(text) {
  return text
    .map((k) => CLASSES[k])
    .filter((name) => name !== MARK)
    .join("");
}
