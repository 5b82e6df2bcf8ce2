import { softwareVersion } from '@sedi/kit'
import * as z from 'zod'
import { defineRoute, type Route } from '../route.ts'

export const healthRoutes: readonly Route[] = [
  defineRoute({
    id: 'health',
    method: 'get',
    path: '/healthz',
    summary: 'Whether the server is there, and its version',
    open: true,
    answer: { status: 200, description: 'It is there.', schema: z.object({ status: z.literal('ok'), version: z.string() }) },
    handle: () => ({ json: { status: 'ok', version: softwareVersion } }),
  }),
]
