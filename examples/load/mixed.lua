-- For wrk: nine reads and one authorised write, in turns, while the table is rewritten.
--
-- Needs as many connections as threads: a thread then has one request under way, and the next response answers it.
-- Each thread writes keys of its own, which the file does not have, so nobody else changes them:
-- what a write returned is what the next GET with `If-Version-At-Least` must show, and every later one too.

local rows = tonumber(os.getenv("ROWS"))
local keys = 16
local threads = {}

function setup(thread)
  thread:set("id", #threads)
  table.insert(threads, thread)
end

function init()
  newest, responses, wrong, problem = 0, 0, 0, ""
  reads, writes = 0, 0
  -- What each own key has: the text of its value, and the version that showed it first.
  values, versions = {}, {}
  step, round = 0, 0
  authorised = { Authorization = "Bearer " .. os.getenv("TOKEN") }
end

local function own() return "t" .. id .. "-" .. round % keys end
-- The one that was written longest ago.
local function oldest()
  local key = "t" .. id .. "-" .. (round + 1) % keys
  return values[key] and key or own()
end
-- Every other round counts up, and the thread knows from where.
local function counts() return round % 2 == 1 end

local function next_value()
  if counts() then return tostring((tonumber(values[own()]) or 0) + 1) end
  return string.format('{"thread":%d,"round":%d,"text":"%s"}', id, round, ("x"):rep(round % 100))
end

-- wrk may ask for a request more than once: what comes next changes with the response only.
function request()
  if step == 0 then
    if counts() then return wrk.format("POST", "/v1/" .. own() .. "/incr", authorised) end
    return wrk.format("PUT", "/v1/" .. own(), authorised, next_value())
  elseif step == 1 then
    return wrk.format("GET", "/v1/" .. own(), { ["If-Version-At-Least"] = versions[own()] })
  elseif step == 2 then
    return wrk.format("GET", "/v1/" .. oldest())
  end
  return wrk.format("GET", "/v1/k" .. (round * 7 + step) % rows)
end

local function check_write(status, version, body)
  local value, is_new = next_value(), values[own()] == nil
  local expected = counts() and string.format('{"version":%d,"value":%s}', version, value)
    or string.format('{"version":%d,"created":%s}', version, is_new)
  if status ~= ((is_new and not counts()) and 201 or 200) then return "status " .. status end
  if body ~= expected then return body .. ", not " .. expected end
  values[own()], versions[own()] = value, version
end

local function check_read(status, body)
  if status ~= 200 then return "status " .. status end
  if step > 2 then
    return not body:find('"generation":', 1, true) and "not a row: " .. body or nil
  end
  local key = step == 1 and own() or oldest()
  if body ~= values[key] then return key .. " is " .. body .. ", not " .. values[key] end
end

function response(status, headers, body)
  responses = responses + 1
  local version = tonumber((headers["etag"] or ""):match("%-(%d+)\"$"))
  local found
  if not version then
    found = "status " .. status .. ": " .. body
  elseif version < newest then
    found = "back from version " .. newest .. " to " .. version
  elseif step == 0 then
    found = check_write(status, version, body)
    writes = writes + 1
  else
    found = check_read(status, body)
    reads = reads + 1
  end
  newest = math.max(newest, version or 0)
  if found then
    wrong = wrong + 1
    problem = found
  end
  step = step + 1
  if step == 10 then step, round = 0, round + 1 end
end

function done(summary, latency, requests)
  local reads, writes = 0, 0
  for _, thread in ipairs(threads) do
    reads = reads + thread:get("reads")
    writes = writes + thread:get("writes")
  end
  print(string.format("%d reads and %d writes", reads, writes))
  verdict(threads, summary)
end

dofile(os.getenv("VERDICT"))
