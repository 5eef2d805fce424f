/**
 * KEYS[1] the key; ARGV value, receivedAt (µs), streamSequence, life in seconds. Keeps a newer value and its life; an equal one is
 * written again, which refreshes its life. What is no health value is replaced. Answers 1 when it wrote.
 * Microseconds of this century are exact in Lua's doubles.
 */
export const PUT_IF_NEWER = `
local held = redis.pcall('GET', KEYS[1])
if type(held) == 'string' then
  local ok, value = pcall(cjson.decode, held)
  if ok and type(value) == 'table' then
    local at, sequence = tonumber(value.receivedAt), tonumber(value.streamSequence)
    local newAt, newSequence = tonumber(ARGV[2]), tonumber(ARGV[3])
    if at and sequence and (at > newAt or (at == newAt and sequence > newSequence)) then return 0 end
  end
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[4])
return 1
`
