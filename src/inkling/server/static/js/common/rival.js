// The most probable digit other than `digit`.
export function rivalOf(probs, digit) {
  let rival = digit === 0 ? 1 : 0;
  for (let k = 0; k < 10; k++) if (k !== digit && probs[k] > probs[rival]) rival = k;
  return rival;
}
