-- For wrk: GET /v1/{key}, while the table's rows carry a generation that grows.
--
-- A thread has many requests under way, and wrk does not say which of them a response answers.
-- So the key says it: its number is the newest version that the thread had seen when it asked.
-- The row names its key, so every response can be held against what was known before its request.

local rows = tonumber(os.getenv("ROWS"))
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init()
  newest, responses, wrong, problem = 0, 0, 0, ""
  generation_of = {}
end

function request()
  return wrk.format("GET", "/v1/k" .. newest % rows)
end

local function check(status, headers, body)
  if status ~= 200 then return "status " .. status end
  local version = tonumber((headers["etag"] or ""):match("%-(%d+)\"$"))
  local known, generation = body:match('^{"id":"k(%d+)","generation":"(%d+)"}$')
  if not version or not known then return "not a row: " .. body end
  -- Fewer versions than rows are made in a run, so the rest of the division is enough.
  local asked_at = newest - (newest - tonumber(known)) % rows
  if version < asked_at then return "back from version " .. asked_at .. " to " .. version end
  if (generation_of[version] or generation) ~= generation then
    return "version " .. version .. " has generations " .. generation_of[version] .. " and " .. generation
  end
  generation_of[version] = generation
  newest = math.max(newest, version)
end

function response(status, headers, body)
  responses = responses + 1
  local found = check(status, headers, body)
  if found then
    wrong = wrong + 1
    problem = found
  end
end

function done(summary, latency, requests)
  verdict(threads, summary)
end

dofile(os.getenv("VERDICT"))
