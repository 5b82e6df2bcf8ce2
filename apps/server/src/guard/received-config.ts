import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { filesNamedIn, parseConfig, programsNamedIn, type RawConfig } from '@sedi/kit'
import { type Issue, issuesError, type RunConfig, SediError } from '@sedi/spec'
import { forbiddenAddressesIn } from './forbidden-addresses.ts'

export type ConfigRules = {
  /** The only folder of which a configuration may name files. */
  readonly files: string
  /** Where the server keeps what was sent to it; files there may be named as well. */
  readonly stateFolder: string
  readonly storeAddress: string
  /** Whether a configuration may name programs and modules that this machine runs. */
  readonly allowCommands: boolean
  readonly allowedHosts: readonly string[]
}

/**
 * A configuration that came over the network, parsed and with this server's store. Throws `invalid-config` with every issue: of the
 * configuration itself, or, when that is sound, of what this server does not do for others.
 */
export async function receiveConfig(raw: RawConfig, rules: ConfigRules): Promise<RunConfig> {
  const foreign = [...(raw.store === undefined ? [] : [storeIssue]), ...(rules.allowCommands ? [] : commandsIn(raw))]
  if (foreign.length > 0) throw issuesError('invalid-config', 'The configuration asks for what this server does not do:', foreign)
  const config = parse({ ...raw, store: rules.storeAddress }, rules.files)
  const issues = [...filesOutside(config, rules), ...(await forbiddenAddressesIn(withoutStore(config), rules.allowedHosts))]
  if (issues.length > 0) throw issuesError('invalid-config', 'The configuration asks for what this server does not do:', issues)
  return config
}

/** Without the name of a file that whoever sent the configuration never saw. */
function parse(raw: RawConfig, files: string): RunConfig {
  try {
    return parseConfig(raw, join(files, 'received.json'))
  } catch (error) {
    if (SediError.is(error, 'invalid-config') && error.issues.length > 0) throw issuesError('invalid-config', 'The configuration is not valid:', error.issues)
    throw error
  }
}

const storeIssue: Issue = { path: 'store', code: 'not-yours', message: 'runs of this server are kept in its own store; leave the key out' }

function withoutStore({ store: _, ...config }: RunConfig): object {
  return config
}

const commandsIn = (raw: RawConfig): Issue[] =>
  programsNamedIn(raw).map((path) => ({
    ...{ path, code: 'command' },
    message: 'names what this machine would run; start the server with --allow-commands if those who reach it may choose that',
  }))

function filesOutside(config: RunConfig, { files, stateFolder }: ConfigRules): Issue[] {
  const inside = [files, stateFolder].map(realPlace)
  return filesNamedIn(config).flatMap(({ key, path }) => {
    const place = realPlace(resolve(files, path))
    if (inside.some((folder) => place === folder || place.startsWith(folder + sep))) return []
    return [{ path: key, code: 'outside', message: 'expected a file within the folder this server was started in, by a name relative to it' }]
  })
}

/** Links followed as far as the path exists: what does not exist yet lies where its folder does. */
function realPlace(path: string): string {
  if (existsSync(path)) return realpathSync(path)
  const parent = dirname(path)
  return parent === path ? path : join(realPlace(parent), path.slice(parent.length))
}
