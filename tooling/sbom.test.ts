import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readManifest, root } from './publishable.ts'
import { runtimeClosure } from './runtime-closure.ts'
import { writeSbom } from './sbom.ts'

type Component = { readonly type: string; readonly name: string; readonly version: string; readonly purl: string; readonly licenses?: readonly unknown[] }
type Sbom = {
  readonly bomFormat: string
  readonly specVersion: string
  readonly serialNumber: string
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[]
}

const purlOf = (name: string, version: string): string => `pkg:npm/${name.replace('@', '%40')}@${version}`

it('names everything that a user gets, with its version, its licence and what needs it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sedi-sbom-'))
  try {
    const file = join(folder, 'sbom.json')
    writeSbom(file)
    const sbom = JSON.parse(readFileSync(file, 'utf8')) as Sbom
    expect({ ...sbom, metadata: undefined, components: [], dependencies: [] }).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' })
    expect(sbom.serialNumber).toMatch(/^urn:uuid:[0-9a-f-]{36}$/)

    const product = readManifest(join(root, 'apps/cli/package.json'))
    expect(sbom.metadata.component).toMatchObject({
      type: 'application',
      name: product.name,
      version: product.version,
      purl: purlOf(product.name, product.version),
    })

    const named = new Set(sbom.components.map(({ purl }) => purl))
    const installed = [...runtimeClosure(join(root, 'apps/cli')), ...runtimeClosure(join(root, 'apps/dashboard'))]
    expect(installed.map(({ name, version }) => purlOf(name, version)).filter((purl) => !named.has(purl))).toEqual([])
    expect(named).toContain(purlOf('react', readManifest(join(root, 'apps/dashboard/package.json')).dependencies!.react!))
    expect(sbom.components.filter(({ licenses = [] }) => licenses.length === 0)).toEqual([])

    const refs = new Set(sbom.dependencies.map(({ ref }) => ref))
    expect([...named].filter((purl) => !refs.has(purl))).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
