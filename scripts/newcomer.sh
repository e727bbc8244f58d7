#!/usr/bin/env bash
# Test the README's two commands on the committed state, each in a fresh clone with a separate environment.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || kill -TERM -- "-$server" 2>/dev/null || true
  rm -rf "$folder"
}
trap cleanup EXIT
set -m # gives each job a separate process group, which can be stopped as a whole

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port

start=$SECONDS
git clone --quiet "$root" "$folder/serve"
cd "$folder/serve"
make serve PORT="$port" >"$folder/serve.log" 2>&1 &
server=$!
until curl --silent --fail --output /dev/null "$url/readyz"; do
  kill -0 "$server" 2>/dev/null || { cat "$folder/serve.log"; echo "make serve ended before it was ready" >&2; exit 1; }
  [ $((SECONDS - start)) -lt 600 ] || { cat "$folder/serve.log"; echo "make serve was not ready in 600 s" >&2; exit 1; }
  sleep 0.5
done
answer=$(curl --silent --show-error --fail --data-binary @benchmarks/drawing.png -H 'Content-Type: image/png' "$url/api/v1/read")
echo "$answer" | grep -q '"outcome": *"read"' || { echo "the drawing was not read: $answer" >&2; exit 1; }
echo "$answer" | grep -q '"text": *"7"' || { echo "the drawing of a 7 was read as something else: $answer" >&2; exit 1; }
.venv/bin/python -c 'import importlib.util, sys; sys.exit("TensorFlow is installed" if importlib.util.find_spec("tensorflow") else 0)'
kill -TERM -- "-$server"
wait "$server" || true
server=
if curl --silent --output /dev/null "$url/healthz"; then
  echo "the server did not stop" >&2
  exit 1
fi
echo "make serve in an empty clone read a drawing after $((SECONDS - start)) s"

start=$SECONDS
git clone --quiet "$root" "$folder/test"
cd "$folder/test"
make test
echo "make test in an empty clone passed after $((SECONDS - start)) s"
