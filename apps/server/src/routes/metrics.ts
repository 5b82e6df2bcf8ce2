import { prometheusType } from '../operations/prometheus.ts'
import { defineRoute, type Route } from '../route.ts'

export const metricsRoutes: readonly Route[] = [
  defineRoute({
    id: 'metrics',
    method: 'get',
    path: '/metrics',
    summary: 'Metrics of the store and of this server, as Prometheus reads them',
    description: 'Figures say what runs cost and how many there are, so they need the token as everything else does.',
    answer: { status: 200, description: 'Prometheus’ text format, 0.0.4.', type: 'text/plain' },
    async handle(_input, { metrics }) {
      return { type: prometheusType, text: await metrics() }
    },
  }),
]
