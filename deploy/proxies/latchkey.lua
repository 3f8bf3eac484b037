-- For haproxy.cfg, HAProxy 2.5 and newer: asks Latchkey whether a request's token has a scope.
local ADDRESS = "http://127.0.0.1:8000"
-- Milliseconds. HAProxy's client of HTTP tries four times, so a Latchkey that says nothing is 503 after 8 s.
local TIMEOUT = 2000
local IDENTITY = { "x-latchkey-user", "x-latchkey-user-id", "x-latchkey-token-id", "x-latchkey-scopes" }
local HANDED_OVER = { "www-authenticate", "retry-after", "ratelimit", "ratelimit-policy", "content-type", "cache-control" }
local REFUSALS = { [401] = true, [403] = true, [429] = true, [503] = true }

local function refuse(txn, status, headers, body)
  local reply = txn:reply({ status = status, body = body })
  for name, value in pairs(headers) do reply:add_header(name, value) end
  txn:done(reply)
end

local function unavailable(txn)
  local body = '{"type":"about:blank","title":"Temporarily unavailable","status":503}'
  refuse(txn, 503, { ["retry-after"] = "2", ["content-type"] = "application/problem+json" }, body)
end

core.register_action("latchkey", { "http-req" }, function(txn, scope)
  local sent = txn.http:req_get_headers()
  local headers = { ["x-forwarded-for"] = { txn.sf:src() } }
  -- Of the client's headers only these. Where there are two, both are sent: they are Latchkey's to refuse.
  for _, name in ipairs({ "authorization", "user-agent" }) do
    if sent[name] then
      local values = {}
      for i = 0, #sent[name] do values[i + 1] = sent[name][i] end
      headers[name] = values
    end
  end
  local response = core.httpclient():get({ url = ADDRESS .. "/api/checks/" .. scope, headers = headers, timeout = TIMEOUT })
  if response and response.status == 200 then
    for _, name in ipairs(IDENTITY) do
      -- Of something else in Latchkey's place.
      if not response.headers[name] then return unavailable(txn) end
      txn.http:req_set_header(name, response.headers[name][0])
    end
    -- Where a client's own headers leave no room, HAProxy drops what is set without a word.
    local set = txn.http:req_get_headers()
    for _, name in ipairs(IDENTITY) do
      if not set[name] then return refuse(txn, 431, { connection = "close" }, "") end
    end
    txn:set_var("txn.latchkey", true)
    return
  end
  if not response or not REFUSALS[response.status] then return unavailable(txn) end
  -- HAProxy's client says this itself of an address that nobody listens at.
  if response.status == 503 and not response.headers["retry-after"] then return unavailable(txn) end
  local handed = {}
  for _, name in ipairs(HANDED_OVER) do
    if response.headers[name] then handed[name] = response.headers[name][0] end
  end
  refuse(txn, response.status, handed, response.body or "")
end, 1)
