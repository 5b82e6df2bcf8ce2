/** One thing that is wrong, and where: `filter.threshold`. */
export type Issue = { readonly path: string; readonly code: string; readonly message: string }

/** What the server answers when it cannot (RFC 9457), or that it did not answer at all: code `unreachable`, status 0. */
export class ApiProblem extends Error {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly issues: readonly Issue[]

  constructor(status: number, code: string, title: string, detail: string, issues: readonly Issue[] = []) {
    super(detail)
    this.name = 'ApiProblem'
    this.status = status
    this.code = code
    this.title = title
    this.issues = issues
  }
}

export const unreachable = (): ApiProblem =>
  new ApiProblem(0, 'unreachable', 'The server does not answer', 'Is “sedi serve” still running? Runs go on without it. This page tries again by itself.')

/** Reads a refused answer; whatever stands between browser and server may have written it. */
export async function problemIn(response: Response): Promise<ApiProblem> {
  const given = (await response.json().catch(() => ({}))) as Partial<Record<'code' | 'title' | 'detail', string>> & { readonly issues?: readonly Issue[] }
  const { code = 'internal', title = `The server answered ${response.status}`, detail = response.statusText } = given
  return new ApiProblem(response.status, code, title, detail, given.issues)
}
