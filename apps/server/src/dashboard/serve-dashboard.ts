import { fileURLToPath } from 'node:url'
import type { Request, RequestHandler, Response } from 'express'
import { type BuiltFile, builtFiles } from './built-files.ts'

/** Where the build of apps/dashboard lands, seen from `src` and from `dist` alike. */
export const dashboardFolder = fileURLToPath(new URL('../../dashboard/', import.meta.url))

const notBuilt = `The dashboard is not built: the HTTP API answers all the same.

From a checkout, “npm run --silent sedi -- serve” builds it before it starts; or build it by hand:
  pnpm exec turbo run build --filter=@sedi/dashboard
and load this page again. What the API has: GET /openapi.json.
`

export type Dashboard = {
  /** Its scripts, styles and pictures. */
  readonly files: RequestHandler
  /** Its one page, for every address that a person may open: the page itself reads the address. Comes after all routes of the API. */
  readonly page: RequestHandler
}

/** The dashboard, as it was built into a folder. It holds no data, so it needs no token; the data does. */
export function serveDashboard(folder: string): Dashboard {
  const built = builtFiles(folder)
  return {
    files(request, response, next) {
      const file = isRead(request) ? built()?.files.get(request.path) : undefined
      if (file === undefined) return next()
      sendFile(request, response, file)
    },
    page(request, response, next) {
      if (!isRead(request) || isApi(request.path) || isFile(request.path) || !asksForPage(request)) return next()
      const page = built()?.page
      if (page === undefined) response.status(503).set('cache-control', 'no-store').type('text').send(notBuilt)
      else sendFile(request, response, page)
    },
  }
}

/** Whether this is what a browser sends when its user opens an address. Programs that take anything get a problem they can read. */
export const isVisit = ({ method, path, headers }: Request): boolean =>
  method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document' && !isApi(path)

const asksForPage = ({ path, headers }: Request): boolean => path === '/' || /\btext\/html\b/.test(headers.accept ?? '')

/** Addresses that are the API’s, whether or not it has them. */
const isApi = (path: string): boolean => /^\/(v\d+|healthz|readyz|metrics|openapi\.json)(\/|$)/.test(path)

/** What is asked for as a file is a file or is missing: a page in its place would be taken for a script. Runs may be called anything. */
const isFile = (path: string): boolean => path.startsWith('/assets/') || /^\/[^/]*\.[a-z0-9]+$/.test(path)

const isRead = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD'

function sendFile(request: Request, response: Response, { type, bytes, br, gzip, forEver }: BuiltFile): void {
  const encoding = br !== undefined && request.acceptsEncodings('br') ? 'br' : gzip !== undefined && request.acceptsEncodings('gzip') ? 'gzip' : undefined
  const body = encoding === 'br' ? br! : encoding === 'gzip' ? gzip! : bytes
  response.set({
    'content-type': type,
    'content-length': String(body.length),
    'cache-control': forEver ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'accept-encoding',
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
