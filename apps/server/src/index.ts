export type { ServerLimits } from './limits.ts'
export { type RunningServer, type ServerOptions, startServer } from './start-server.ts'
