-- For wrk: GET /v1?keys=.., while the table's rows carry a generation that grows.
--
-- Within a response, all generations must agree.
-- The last key asked for is never there, so it comes back among the missing ones:
-- it says which version the thread had seen when it asked, and no older one may come.

local keys = {}
for n = 0, 19 do keys[n + 1] = "k" .. n end
local target = "/v1?keys=" .. table.concat(keys, ",") .. ",seen-"
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init()
  newest, responses, wrong, problem = 0, 0, 0, ""
end

function request()
  return wrk.format("GET", target .. newest)
end

local function check(status, body)
  if status ~= 200 then return "status " .. status end
  local version = tonumber(body:match('^{"version":(%d+),'))
  local asked_at = tonumber(body:match('"missing":%["seen%-(%d+)"%]}$'))
  if not version or not asked_at then return "not a snapshot: " .. body end
  if version < asked_at then return "back from version " .. asked_at .. " to " .. version end
  local count, first = 0, nil
  for generation in body:gmatch('"generation":"(%d+)"') do
    first = first or generation
    if generation ~= first then return "torn: " .. body end
    count = count + 1
  end
  if count ~= #keys then return count .. " values: " .. body end
  newest = math.max(newest, version)
end

function response(status, headers, body)
  responses = responses + 1
  local found = check(status, body)
  if found then
    wrong = wrong + 1
    problem = found
  end
end

function done(summary, latency, requests)
  verdict(threads, summary)
end

dofile(os.getenv("VERDICT"))
