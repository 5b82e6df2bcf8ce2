import { gzipSync } from 'node:zlib'
import type { Body } from '../reply.ts'
import { answered, deliver, type Faults, refused, send, timedOut, uncertain } from './fault.ts'

const measured = 'npm package openai 7.55.0 over loopback, measured'

/** The way there or back is at fault, not the model. */
export const transport = {
  'reset-before': {
    about: 'the connection is reset before any byte of a reply',
    source: measured,
    act: send({ status: 200, body: '', delivery: 'reset-before' }),
    expected: uncertain,
  },
  'close-before': {
    about: 'the connection is closed, in order, before any byte of a reply',
    source: measured,
    act: send({ status: 200, body: '', delivery: 'close-before' }),
    expected: uncertain,
  },
  outage: {
    about: 'the connection is reset, and for 300 ms every new one is refused',
    source: 'a server that is started again; ECONNREFUSED of Node',
    act: send({ status: 200, body: '', delivery: 'outage' }),
    expected: uncertain,
    afterwards: refused('provider-response', true),
  },
  'reset-after': { about: 'paid; reset in the middle of the body', source: measured, act: deliver('reset-midway'), expected: uncertain },
  truncated: { about: 'paid; closed in the middle of the body', source: measured, act: deliver('cut-short'), expected: uncertain },
  'wrong-length': {
    about: 'paid; content-length promises half of what is sent',
    source: 'RFC 9112, 6.3: the client reads as much as was promised',
    only: 'json',
    act: deliver('too-long'),
    expected: uncertain,
  },
  'gzip-cut': {
    about: 'paid; a gzip body that ends too early',
    source: 'RFC 1952; undici reports it as a broken stream',
    only: 'json',
    act({ teach, answer }) {
      const completion = teach()
      const { headers, body, ...reply } = answer(completion)
      const zipped = gzipSync(textOf(body))
      return { reply: { ...reply, headers: { ...headers, 'content-encoding': 'gzip' }, body: zipped.subarray(0, zipped.length >> 1) }, completion }
    },
    expected: uncertain,
  },
  gzip: {
    about: 'a proper answer, compressed',
    source: 'RFC 9110, 8.4.1',
    only: 'json',
    act({ teach, answer }) {
      const completion = teach()
      const { headers, body, ...reply } = answer(completion)
      return { reply: { ...reply, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipSync(textOf(body)) }, completion }
    },
    expected: answered,
  },
  stall: { about: 'nothing comes, the connection stays open', source: measured, act: send({ status: 200, body: '', delivery: 'never' }), expected: timedOut },
  'stall-midway': { about: 'paid; half the body, then silence', source: measured, act: deliver('stall-midway'), expected: timedOut },
  drip: { about: 'paid; one byte a second', source: 'the slow-loris attack, from the server', act: deliver('drip'), expected: timedOut },
  redirect: {
    about: '302 to a login page, which comes with status 200',
    source: 'captive portals. A client that followed would send the prompt, and maybe the key, elsewhere',
    act: send({ status: 302, body: '', headers: { location: '/__login' } }),
    expected: refused('not-found', false),
  },
  'redirect-loop': {
    about: '307 to itself, for ever',
    source: 'RFC 9110, 15.4.8; Fetch gives up after 20',
    act: send({ status: 307, body: '', headers: { location: '/__loop' } }),
    expected: refused('not-found', false),
  },
  'keep-alive-race': {
    about: 'a proper answer; the next request on the same connection meets a reset',
    source: 'RFC 9112, 9.3.1 and 9.5: either side may close an idle connection at any time',
    act: deliver('doom'),
    expected: answered,
    afterwards: uncertain,
  },
  padding: {
    about: 'empty lines for half a second, then a proper answer',
    source: 'DeepSeek API docs, rate limit: keeps the connection alive so; other servers do it too',
    only: 'json',
    act: deliver('padded'),
    expected: answered,
  },
} satisfies Faults

function textOf(body: Body): string | Uint8Array {
  if (Array.isArray(body)) throw new TypeError('expected a body in one piece')
  return body as string | Uint8Array
}
