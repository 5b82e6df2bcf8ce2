import { QueryClientProvider } from '@tanstack/react-query'
import { type ComponentType, lazy, type ReactElement, Suspense } from 'react'
import { Route, Switch } from 'wouter'
import { createQueryClient } from './api/query-client.ts'
import { Loading } from './parts/states.tsx'
import { ErrorBoundary } from './shell/error-boundary.tsx'
import { NotFound } from './shell/not-found.tsx'
import { RunFrame } from './shell/run-frame.tsx'
import { SessionGate } from './shell/session-gate.tsx'
import { Shell } from './shell/shell.tsx'

/** A page about one run; its heading and tabs come from the frame around it. */
export type RunPage = ComponentType<{ readonly run: string }>

const Runs = lazy(() => import('./pages/runs/index.tsx'))
const NewRun = lazy(() => import('./pages/new-run/index.tsx'))
const Compare = lazy(() => import('./pages/compare/index.tsx'))
const Overview = lazy<RunPage>(() => import('./pages/overview/index.tsx'))
const Instructions = lazy<RunPage>(() => import('./pages/instructions/index.tsx'))
const Diversity = lazy<RunPage>(() => import('./pages/map/index.tsx'))
const Seeds = lazy<RunPage>(() => import('./pages/seeds/index.tsx'))

const queryClient = createQueryClient()

export function App(): ReactElement {
  return (
    <QueryClientProvider client={queryClient}>
      <Shell>
        <ErrorBoundary>
          <SessionGate>
            <Suspense fallback={<Loading what="the page" />}>
              <Switch>
                <Route path="/" component={Runs} />
                <Route path="/new" component={NewRun} />
                <Route path="/compare" component={Compare} />
                {runPage('/runs/:run', Overview)}
                {runPage('/runs/:run/instructions', Instructions)}
                {runPage('/runs/:run/map', Diversity)}
                {runPage('/runs/:run/seeds', Seeds)}
                <Route component={NotFound} />
              </Switch>
            </Suspense>
          </SessionGate>
        </ErrorBoundary>
      </Shell>
    </QueryClientProvider>
  )
}

const runPage = (path: string, Page: RunPage): ReactElement => (
  <Route path={path}>
    {({ run }: { readonly run: string }) => (
      <RunFrame key={run} run={run}>
        <Page run={run} />
      </RunFrame>
    )}
  </Route>
)
