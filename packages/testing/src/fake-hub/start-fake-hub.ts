import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createFaults, type HubFault } from './faults.ts'
import { type Answer, type Asked, Refusal, readJson, readRequest, refusalAnswer, send } from './http.ts'
import { answerJobs, streamLog } from './job-endpoints.ts'
import { createJobs, type HubJob, type Jobs, type Machine } from './jobs.ts'
import { addCommit, type Change, createRepository, head, type Repository } from './repositories.ts'
import { answerRepository, answerStorage } from './repository-endpoints.ts'

export type FakeHubOptions = {
  /** The one key that may do everything in the namespace. */
  readonly token: string
  /** How a job's command runs. Default: as it is, on this machine, with the path of this process. */
  readonly machine?: Machine | undefined
  /** @default 10 MiB, as on the hub */
  readonly lfsAboveBytes?: number | undefined
  /** Jobs on a page of the list. @default 2: a client that reads the first page only is found out */
  readonly pageSize?: number | undefined
  /** What is wrong with a card, for `POST /api/validate-yaml`; the hub's own rules are not public as code. @default nothing ever is */
  readonly cardProblems?: ((content: string, repoType: string) => readonly string[]) | undefined
}

/** One request, as it was answered; without its body and key. */
export type HubEntry = { readonly method: string; readonly path: string; readonly status: number | 'cut' }

export interface FakeHub {
  readonly url: string
  readonly book: readonly HubEntry[]
  readonly jobs: Jobs
  /** A repository by `owner/name`. */
  repository(id: string, type?: Repository['type']): Repository
  /** A file as it stands on main; undefined where there is none. */
  file(id: string, path: string, type?: Repository['type']): Buffer | undefined
  makeRepository(id: string, options: { readonly private: boolean; readonly type?: Repository['type'] }): void
  change(id: string, title: string, changes: readonly Change[], type?: Repository['type']): void
  addFault(fault: HubFault): void
  clearFaults(): void
  close(): Promise<void>
}

const asIs: Machine = ({ request }: HubJob) => ({ argv: [...request.command, ...request.arguments], env: { PATH: process.env.PATH } })

/** A Hugging Face hub on loopback: repositories in memory, jobs as processes. Rejects keys other than its own. */
export async function startFakeHub(options: FakeHubOptions): Promise<FakeHub> {
  const { token, machine = asIs, lfsAboveBytes = 10 * 2 ** 20, pageSize = 2, cardProblems = () => [] } = options
  const repositories = new Map<string, Repository>()
  const jobs = createJobs(machine)
  const faults = createFaults()
  const book: HubEntry[] = []
  const addresses = { hub: '', storage: '' }
  const context = { repositories, lfsAboveBytes, pageSize, jobs, hubUrl: () => addresses.hub, storageUrl: () => addresses.storage }

  function answer(asked: Asked): Answer {
    const given = asked.headers.authorization
    if (asked.method === 'POST' && asked.path === '/api/validate-yaml') return validate(asked)
    if (given === undefined && isPublicRead(asked)) return answerRepository(asked, context)!
    if (given === undefined) throw new Refusal(401, 'Invalid username or password.')
    if (given !== `Bearer ${token}`) throw new Refusal(401, 'Invalid credentials in Authorization header')
    if (asked.path === '/api/whoami-v2') return { body: { type: 'user', id: 'id-tester', name: 'tester', orgs: [], auth: { type: 'access_token' } } }
    const found = answerRepository(asked, context) ?? answerJobs(asked, context)
    if (found === undefined) throw new Refusal(404, `Sorry, we can't find the page you are looking for: ${asked.method} ${asked.path}`)
    return found
  }

  function validate(asked: Asked): Answer {
    const { content, repoType } = readJson(asked, ['content', 'repoType'])
    const problems = cardProblems(String(content), String(repoType))
    if (problems.length === 0) return { body: { errors: [], warnings: [] } }
    return { status: 400, body: { errors: problems.map((message) => ({ message })), warnings: [] } }
  }

  /** Public repositories are read without a key. */
  function isPublicRead({ method, path }: Asked): boolean {
    const [, type, id] = /^(?:\/api\/(?=(?:model|dataset)s\/))?\/?(datasets\/|models\/)?([^/]+\/[^/]+)(?:\/|$)/.exec(path) ?? []
    const repository = id === undefined ? undefined : repositories.get(`${type === 'datasets/' ? 'datasets' : 'models'}/${id}`)
    return repository?.private === false && (method === 'GET' || method === 'HEAD' || (method === 'POST' && path.includes('/paths-info/')))
  }

  async function handle(request: IncomingMessage, response: ServerResponse, decide: (asked: Asked) => Answer): Promise<void> {
    const asked = await readRequest(request)
    const fault = faults.next(asked)
    const note = (status: HubEntry['status']): void => void book.push({ method: asked.method, path: asked.path, status })
    if (fault === 'cut') {
      note('cut')
      return void request.socket.destroy()
    }
    if (typeof fault === 'object' && 'until' in fault) await fault.until()
    try {
      const given = typeof fault === 'object' && 'answer' in fault ? fault.answer : undefined
      if (given === undefined && asked.headers.authorization === `Bearer ${token}` && (await streamLog(asked, response, context))) return note(200)
      const reply = given ?? decide(asked)
      note(fault === 'lose-answer' ? 'cut' : (reply.status ?? 200))
      if (fault === 'lose-answer') request.socket.destroy()
      else send(response, asked.method, reply)
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(500, `The fake hub failed: ${String(error)}`)
      note(refusal.status)
      send(response, asked.method, refusalAnswer(refusal))
    }
  }

  const serve = (decide: (asked: Asked) => Answer): Server => createServer((request, response) => void handle(request, response, decide))
  const hub = serve(answer)
  const storage = serve((asked) => answerStorage(asked, context))
  addresses.hub = await listen(hub)
  addresses.storage = await listen(storage)

  const find = (id: string, type: Repository['type'] = 'model'): Repository => {
    const repository = repositories.get(`${type}s/${id}`)
    if (repository === undefined) throw new Error(`The hub has no ${type} ${id}`)
    return repository
  }
  return {
    url: addresses.hub,
    book,
    jobs,
    repository: find,
    file: (id, path, type = 'model') => (repositories.has(`${type}s/${id}`) ? head(find(id, type)).files.get(path)?.bytes : undefined),
    makeRepository: (id, { type = 'model', ...given }) => void repositories.set(`${type}s/${id}`, createRepository(type, id, given.private)),
    change: (id, title, changes, type) => void addCommit(find(id, type), title, changes),
    addFault: faults.add,
    clearFaults: faults.clear,
    async close() {
      await jobs.close()
      for (const server of [hub, storage]) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
