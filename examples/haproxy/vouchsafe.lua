-- Asks Vouchsafe about a request. It answers by itself where that is denied, and says whose request it is where it passes.
local address = "http://127.0.0.1:7071/forward-auth/haproxy"
local key = os.getenv("GATEWAY_KEY")
local told = { "subject", "tier", "entitlements", "decision-id", "revision", "reason" }

-- Not of the client's headers: what is about the body, and what only we say. All others go along, so that names which are
-- reserved are refused.
local ours = {
  ["content-length"] = true, ["transfer-encoding"] = true, ["expect"] = true, ["host"] = true,
  ["x-internal-token"] = true, ["x-vouchsafe-tenant"] = true,
  ["x-original-method"] = true, ["x-original-host"] = true, ["x-original-uri"] = true,
}

local function question(txn)
  local headers = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    if not ours[name] then
      headers[name] = {}
      for at = 0, #values do
        table.insert(headers[name], values[at])
      end
    end
  end
  headers["x-internal-token"] = { key }
  headers["x-original-method"] = { txn.f:method() }
  headers["x-original-host"] = { txn.f:req_hdr("host") }
  headers["x-original-uri"] = { txn.f:url() }
  return headers
end

local function value(response, name)
  local values = response.headers and response.headers[name]
  return values and values[0] or ""
end

local function deny(txn, status, response)
  local headers = { ["cache-control"] = { "no-store" } }
  for _, name in ipairs({ "content-type", "www-authenticate" }) do
    if response and value(response, name) ~= "" then
      headers[name] = { value(response, name) }
    end
  end
  txn:done(txn:reply({ status = status, headers = headers, body = response and response.body or "" }))
end

core.register_action("vouchsafe", { "http-req" }, function(txn)
  local response = core.httpclient():get({ url = address, headers = question(txn), timeout = 2000 })
  if not response or not response.status or response.status < 200 then
    return deny(txn, 503)
  end
  txn:set_var("txn.decision_id", value(response, "x-vouchsafe-decision-id"))
  txn:set_var("txn.reason", value(response, "x-vouchsafe-reason"))
  txn:set_var("txn.revision", value(response, "x-vouchsafe-revision"))
  if response.status ~= 200 then
    return deny(txn, response.status, response)
  end
  for _, name in ipairs(told) do
    local header = "x-vouchsafe-" .. name
    txn.http:req_del_header(header)
    if value(response, header) ~= "" then
      txn.http:req_set_header(header, value(response, header))
    end
  end
  txn:set_var("txn.allowed", true)
end)
