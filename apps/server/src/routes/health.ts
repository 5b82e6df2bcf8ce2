import { aliveSchema, notReadySchema, readySchema } from '../operations/health.ts'
import { defineRoute, type Route } from '../route.ts'

export const healthRoutes: readonly Route[] = [
  defineRoute({
    id: 'health',
    method: 'get',
    path: '/healthz',
    summary: 'Whether the server is there, and its version',
    description: 'For liveness probes: asks nothing of the store, so that a database that is away does not get servers restarted.',
    open: true,
    answer: { status: 200, description: 'It is there.', schema: aliveSchema },
    handle: (_input, { health }) => ({ json: health.alive() }),
  }),
  defineRoute({
    id: 'readiness',
    method: 'get',
    path: '/readyz',
    summary: 'Whether the server can do its work',
    description: 'For readiness probes: the store answers within three seconds and is one that this version knows, and the server is not stopping.',
    open: true,
    answer: { status: 200, description: 'It can.', schema: readySchema },
    otherAnswer: { status: 503, description: 'It cannot now.', schema: notReadySchema },
    async handle(_input, { health }) {
      const answer = await health.ready()
      return { status: answer.status === 'ready' ? 200 : 503, json: answer }
    },
  }),
]
