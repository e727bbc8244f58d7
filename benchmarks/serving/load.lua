-- The load of `servers.py` and `bodies.py`, for wrk: repeats one POST request and checks every answer.
--   wrk -s load.lua URL -- BODY_FILE CONTENT_TYPE PATTERN
-- Prints one line of JSON at the end. PATTERN is a Lua pattern that right answers contain.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  file:close()
  wrk.headers["Content-Type"] = args[2]
  pattern = args[3]
  right, wrong, refused = 0, 0, 0
end

function response(status, headers, body)
  if status ~= 200 then
    refused = refused + 1
  elseif body:find(pattern) then
    right = right + 1
  else
    wrong = wrong + 1
  end
end

function done(summary, latency, requests)
  local right, wrong, refused = 0, 0, 0
  for _, thread in ipairs(threads) do
    right = right + thread:get("right")
    wrong = wrong + thread:get("wrong")
    refused = refused + thread:get("refused")
  end
  local errors = summary.errors
  io.write(string.format(
    '{"right": %d, "wrong": %d, "refused": %d, "broken": %d, "duration_us": %d, "bytes": %d, '
      .. '"p50_us": %d, "p90_us": %d, "p99_us": %d, "max_us": %d}\n',
    right, wrong, refused, errors.connect + errors.read + errors.write + errors.timeout, summary.duration,
    summary.bytes, latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max
  ))
end
