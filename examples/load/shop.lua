-- For wrk: GET /product/{id}, or one path for all requests.
--
-- Each thread asks for every product once. Then it asks for products as shoppers do: the product of rank r is asked for
-- 1 / r^SKEW times as often as the first one (Zipf's law). The draws are made before the run.

local products = tonumber(os.getenv("PRODUCTS"))
local skew = tonumber(os.getenv("SKEW"))
local path = os.getenv("ONE_PATH")
local draws = 65536
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("seed", threads)
end

-- The first rank whose sum is at least this.
local function rank_of(sums, wanted)
  local low, high = 1, #sums
  while low < high do
    local middle = math.floor((low + high) / 2)
    if sums[middle] < wanted then low = middle + 1 else high = middle end
  end
  return low
end

function init()
  requests, position = {}, 0
  if path ~= "" then
    requests[1], first_draw = wrk.format("GET", path), 0
    return
  end
  local sums, sum = {}, 0
  for id = 1, products do
    requests[id] = wrk.format("GET", "/product/" .. id)
    sum = sum + 1 / id ^ skew
    sums[id] = sum
  end
  math.randomseed(seed)
  -- Those that are asked for often are not neighbours in the database.
  local id_of_rank = {}
  for id = 1, products do
    local other = math.random(id)
    id_of_rank[id] = id_of_rank[other]
    id_of_rank[other] = id
  end
  for draw = 1, draws do
    requests[products + draw] = requests[id_of_rank[rank_of(sums, math.random() * sum)]]
  end
  first_draw = products
end

function request()
  position = position + 1
  if position > #requests then position = first_draw + 1 end
  return requests[position]
end

function done(summary, latency)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  print(string.format("result %d %.0f %d %.2f", summary.requests, summary.requests / summary.duration * 1e6,
    errors.status + broken, latency:percentile(99) / 1000))
end
