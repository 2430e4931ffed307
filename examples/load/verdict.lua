-- For wrk: adds up what the threads found, and fails the run if anything was wrong.

function verdict(threads, summary)
  local responses, wrong, newest, problem = 0, 0, 0, ""
  for _, thread in ipairs(threads) do
    responses = responses + thread:get("responses")
    wrong = wrong + thread:get("wrong")
    newest = math.max(newest, thread:get("newest"))
    if thread:get("problem") ~= "" then problem = thread:get("problem") end
  end
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  print(string.format("checked %d responses up to version %d: %d wrong, %d connections broken",
    responses, newest, wrong, broken))
  if wrong > 0 then print("the last one wrong: " .. problem) end
  if wrong > 0 or broken > 0 or responses == 0 then os.exit(1) end
end
