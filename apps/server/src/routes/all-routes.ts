import type { Route } from '../route.ts'
import { compareRoutes } from './compare.ts'
import { configRoutes } from './config.ts'
import { costRoutes } from './cost.ts'
import { eventRoutes } from './events.ts'
import { factRoutes } from './facts.ts'
import { healthRoutes } from './health.ts'
import { metricsRoutes } from './metrics.ts'
import { runRoutes } from './runs.ts'
import { serviceRoutes } from './services.ts'
import { sessionRoutes } from './session.ts'
import { trainingBatchRoutes } from './training-batch.ts'
import { viewRoutes } from './views.ts'

/** Everything the server answers, but its own description. */
export const allRoutes: readonly Route[] = [
  ...healthRoutes,
  ...metricsRoutes,
  ...sessionRoutes,
  ...runRoutes,
  ...eventRoutes,
  ...factRoutes,
  ...trainingBatchRoutes,
  ...costRoutes,
  ...viewRoutes,
  ...compareRoutes,
  ...serviceRoutes,
  ...configRoutes,
]
