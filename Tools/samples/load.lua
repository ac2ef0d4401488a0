-- Batches of messages for wrk: wrk -t1 -c16 -d10s --latency -s Tools/samples/load.lua http://127.0.0.1:8080
-- Each message has an id of its own; people come by chance. WRITE_KEY names the key; `dev` where it is not set.
local size, people = 100, 100000
local key = os.getenv("WRITE_KEY") or "dev"
local events = {"Product Viewed", "Product Added", "Checkout Started", "Order Completed"}

-- Base64 of the key as user name, without a password (RFC 4648).
local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local function base64(text)
    local out = {}
    for i = 1, #text, 3 do
        local a, b, c = text:byte(i, i + 2)
        local word = a * 65536 + (b or 0) * 256 + (c or 0)
        for k = 0, 3 do
            local digit = math.floor(word / 64 ^ (3 - k)) % 64
            out[#out + 1] = (k == 2 and not b or k == 3 and not c) and "=" or letters:sub(digit + 1, digit + 1)
        end
    end
    return table.concat(out)
end

local threads = 0
function setup(thread)
    threads = threads + 1
    thread:set("thread_number", threads)
end

local run, number = 0, 0
function init()
    run = os.time() % 1000000
    math.randomseed(run * 100 + thread_number)
    wrk.method = "POST"
    wrk.headers["Authorization"] = "Basic " .. base64(key .. ":")
    wrk.headers["Content-Type"] = "application/json"
end

function request()
    local messages = {}
    local time = os.date("!%Y-%m-%dT%H:%M:%SZ")
    for i = 1, size do
        number = number + 1
        messages[i] = string.format(
            '{"type":"track","event":"%s","messageId":"wrk-%d-%d-%d","userId":"p-%09d","timestamp":"%s","properties":{"price":%d.5,"category":"shoes"}}',
            events[math.random(#events)], run, thread_number, number, math.random(people) - 1, time, math.random(200))
    end
    return wrk.format(nil, "/v1/batch", nil, '{"batch":[' .. table.concat(messages, ",") .. "]}")
end
