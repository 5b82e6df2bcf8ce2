// A provider that does as little as possible, for the throughput bench: no code is shared with what is measured. Prints its port.
//
//   node server.mjs <latency ms> <requests per minute, 0: no limit> <burst s> <answers: tasks | plain | same>
//
// A request is admitted when fewer than the limit were admitted in the last 60 seconds, and a bucket of burst × limit / 60, filled evenly, is not
// empty. One that is not admitted is refused at once with 429 and a Retry-After, and does not count. GET /stats tells the seconds since the
// first request, and how many were admitted and refused in each.
import { createServer } from 'node:http'

const [latencyMs, perMinute, burstSeconds, answers] = [...process.argv.slice(2, 5).map(Number), process.argv[5]]
const capacity = (burstSeconds * perMinute) / 60
let bucket = capacity
let filledAt = 0
let window = []
let first = 0
let started
let served = 0
const seconds = []

/** Milliseconds to wait; 0 when admitted. */
function admit(now) {
  if (perMinute === 0) return 0
  while (first < window.length && window[first] <= now - 60_000) first++
  if (first > 10_000) {
    window = window.slice(first)
    first = 0
  }
  bucket = Math.min(capacity, bucket + ((now - filledAt) * perMinute) / 60_000)
  filledAt = now
  const windowWait = window.length - first < perMinute ? 0 : window[window.length - perMinute] + 60_000 - now
  const bucketWait = bucket >= 1 ? 0 : ((1 - bucket) * 60_000) / perMinute
  const wait = Math.max(windowWait, bucketWait)
  if (wait === 0) {
    bucket -= 1
    window.push(now)
  }
  return wait
}

function headers() {
  if (perMinute === 0) return {}
  const remaining = Math.max(0, perMinute - (window.length - first))
  return {
    'x-ratelimit-limit-requests': String(perMinute),
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': `${Math.ceil(60 * (1 - remaining / perMinute))}s`,
    'x-ratelimit-limit-tokens': '1000000000',
    'x-ratelimit-remaining-tokens': '1000000000',
    'x-ratelimit-reset-tokens': '0s',
  }
}

/** `tasks`: one that SeDi can read, every time another; `plain`: as long, but no task; `same`: always the same task. */
function content() {
  const number = answers === 'same' ? 1 : served
  const words = Array.from({ length: 16 }, (_, i) => `word${(number * 7919 + i * 104_729) % 999_983}`).join(' ')
  return answers === 'plain' ? `${words}\n${words}` : `4. Instruction: ${words}.\n4. Input:\n<noinput>\n4. Output:\n${words}`
}

function reply(response, status, body, more = {}) {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers(), ...more })
  response.end(text)
}

function answer(response, model) {
  served++
  const text = content()
  const usage = { prompt_tokens: 300, completion_tokens: 60, total_tokens: 360 }
  const choices = [{ index: 0, message: { role: 'assistant', content: text, refusal: null }, finish_reason: 'stop', logprobs: null }]
  reply(response, 200, { id: `chatcmpl-${served}`, object: 'chat.completion', created: Math.floor(Date.now() / 1000), model, choices, usage })
}

function complete(response, request) {
  if (!Array.isArray(request.messages) || request.messages.length === 0) {
    return reply(response, 400, { error: { message: 'messages: too short', type: 'invalid_request_error', param: 'messages', code: null } })
  }
  const now = performance.now()
  started ??= now
  const second = Math.floor((now - started) / 1000)
  while (seconds.length <= second) seconds.push([0, 0])
  const wait = admit(now)
  seconds[second][wait === 0 ? 0 : 1]++
  if (wait === 0) return setTimeout(() => answer(response, request.model), latencyMs)
  const error = { message: 'Rate limit reached for requests', type: 'requests', param: null, code: 'rate_limit_exceeded' }
  reply(response, 429, { error }, { 'retry-after': String(Math.ceil(wait / 1000)), 'retry-after-ms': String(Math.ceil(wait)) })
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  if (request.url === '/stats') return reply(response, 200, { seconds })
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => complete(response, JSON.parse(Buffer.concat(chunks).toString())))
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
