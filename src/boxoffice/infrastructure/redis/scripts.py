"""What Redis has to do in one step, named in one place."""

from __future__ import annotations

PUT = """
-- KEYS: index, then one per document. ARGV: name, position, body of each document.
-- Gives the places, from 0, of the documents that were not written.
local refused = {}
for i = 2, #KEYS do
  local name, position, body = ARGV[3 * i - 5], ARGV[3 * i - 4], ARGV[3 * i - 3]
  local stored = redis.call('HGET', KEYS[i], 'position')
  if stored and tonumber(stored) >= tonumber(position) then
    refused[#refused + 1] = i - 2
  else
    redis.call('HSET', KEYS[i], 'position', position, 'body', body)
    if not stored then
      redis.call('SADD', KEYS[1], name)
    end
  end
end
return refused
"""
"""Write documents under the guard of their positions (exact up to 2^53)."""

MARK = """
-- KEYS: watermarks, what was seen. ARGV: position and hash of what was seen, then
-- partition and position, in turn.
for i = 3, #ARGV, 2 do
  local stored = redis.call('HGET', KEYS[1], ARGV[i])
  if not stored or tonumber(stored) < tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
local position = redis.call('HGET', KEYS[2], 'position') or 0
if tonumber(position) < tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[2], 'position', ARGV[1], 'hash', ARGV[2])
end
"""
"""Raise watermarks and, with them, the newest record that was seen."""

RAISE = """
-- KEYS: a hash. ARGV: field and number, in turn.
for i = 1, #ARGV, 2 do
  local stored = redis.call('HGET', KEYS[1], ARGV[i])
  if not stored or tonumber(stored) < tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
"""
"""Set each field of a hash to a number, unless it is higher already."""
