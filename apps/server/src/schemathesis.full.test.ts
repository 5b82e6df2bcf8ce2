import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { smallConfig, testServer } from './fixtures/test-server.ts'

const folder = fileURLToPath(new URL('..', import.meta.url))
const pins = join(folder, 'schemathesis.txt')
const environment = join(dirname(process.env.SEDI_PYTHON_ENV ?? join(folder, '../../.toolchain/python')), 'schemathesis')

/** An environment with exactly the pinned versions, made when it is not there. */
function schemathesis(): string {
  const marker = join(environment, 'sedi-pins')
  if (!existsSync(marker) || readFileSync(marker, 'utf8') !== readFileSync(pins, 'utf8')) {
    execFileSync('python3', ['-m', 'venv', environment], { stdio: 'inherit' })
    execFileSync(join(environment, 'bin/python'), ['-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', '--no-deps', '-r', pins], {
      stdio: 'inherit',
    })
    writeFileSync(marker, readFileSync(pins))
  }
  return join(environment, 'bin/schemathesis')
}

const server = testServer()
const without = ['/v1/runs/{run}/events', '/v1/filter', '/v1/batch'] // an endless answer, and bodies it cannot make

it('no request that schemathesis makes from the OpenAPI document breaks the server or its word', { timeout: 600_000 }, async () => {
  const command = schemathesis()
  await server.start()
  await server.ask('/v1/runs', { json: { name: 'small', config: smallConfig() } })
  await server.until('small', 'done')
  await server.stop()
  await server.start({ sedi: undefined, limits: { requestsPerMinute: 1e9, startsPerMinute: 1e9, wrongTokensPerMinute: 1e9 } })
  const options = ['--config-file', join(folder, 'schemathesis.toml'), 'run', `${server.url()}/openapi.json`]
  const child = spawn(command, [...options, '--max-examples', '25', '--seed', '1', '--workers', '1', ...without.flatMap((path) => ['--exclude-path', path])], {
    cwd: server.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = await Promise.all([child.stdout, child.stderr].map((stream) => stream.setEncoding('utf8').toArray()))
  const code = await new Promise((resolve) => (child.exitCode === null ? child.once('close', resolve) : resolve(child.exitCode)))
  expect(code, said.flat().join('').slice(-8000)).toBe(0)
  expect(said.flat().join('')).toMatch(/[1-9]\d{3,} generated/)
})
