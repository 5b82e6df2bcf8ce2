import type { Route } from '../route.ts'
import { configRoutes } from './config.ts'
import { costRoutes } from './cost.ts'
import { eventRoutes } from './events.ts'
import { factRoutes } from './facts.ts'
import { healthRoutes } from './health.ts'
import { runRoutes } from './runs.ts'
import { serviceRoutes } from './services.ts'
import { sessionRoutes } from './session.ts'

/** Everything the server answers, but its own description. */
export const allRoutes: readonly Route[] = [
  ...healthRoutes,
  ...sessionRoutes,
  ...runRoutes,
  ...eventRoutes,
  ...factRoutes,
  ...costRoutes,
  ...serviceRoutes,
  ...configRoutes,
]
