import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openStore } from '@sedi/kit'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserProblem, openBrowser } from './fixtures/browser.ts'
import { sedi } from './fixtures/spawn-sedi.ts'
import { testFolder, writeConfig } from './fixtures/test-folder.ts'

const problem = browserProblem()
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

const hostile =
  '</dd></dl></section><script>document.title = "taken"</script><img src="http://127.0.0.1:9/x.png" onerror="document.title = \'taken\'"><style>body{display:none}'

let file: string
let browser: Browser

/** A run that was trained and evaluated, among whose instructions are hostile ones. */
beforeAll(async () => {
  if (problem !== undefined) return
  browser = await openBrowser()
  const folder = testFolder()
  writeConfig(folder, {
    generator: { id: 'simulated', price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } },
    ...{ verifier: 'simulated', target: { calls: 9 }, rounds: 3, batches: { size: 8 }, feedback: { everySteps: 2 } },
    trainer: { id: 'embedded', layers: 1, width: 16, heads: 2 },
    training: { stepsPerRound: 4, learningRate: 0.003, maxLength: 64 },
    evaluation: { evaluators: ['exact-match'], heldOut: 'test.jsonl' },
  })
  const { run } = JSON.parse((await sedi(['run', '--json'], { cwd: folder })).stdout)
  const held = await openStore({ store: join(folder, 'runs') }).open(run)
  const [{ seq: _, ...kept }] = (await held.ledger.find('candidate', { verdict: 'kept' })) as [
    Awaited<ReturnType<typeof held.ledger.find<'candidate'>>>[number],
  ]
  const texts = { instruction: hostile, input: hostile, output: hostile }
  await held.ledger.append(Array.from({ length: 900 }, (_, i) => ({ ...kept, ...texts, id: `r01-c0000-i${1000 + i}` })))
  await held.close()
  file = join(folder, 'report.html')
  const written = await sedi(['report', run, '--html', 'report.html', '--no-baseline'], { cwd: folder })
  expect([written.code, written.stderr]).toEqual([0, `Written: ${file}\n`])
}, 600_000)
afterAll(() => browser?.close())

describe.skipIf(problem !== undefined)(`the page of sedi report${problem === undefined ? '' : ` (${problem})`}`, () => {
  it.each(['light', 'dark'] as const)('%s: loads nothing, runs nothing, can be read by everybody, on a phone and on paper', async (colorScheme) => {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1000, height: 900 }, bypassCSP: false })
    const page = await context.newPage()
    const seen: string[] = []
    page.on('request', (request) => seen.push(request.url()))
    page.on('console', (message) => seen.push(message.text()))
    await page.goto(pathToFileURL(file).href)
    expect(seen).toEqual([pathToFileURL(file).href])
    expect(await page.title()).toMatch(/^[\d,]+ instructions for \$/)
    expect(await page.locator('.card', { hasText: 'document.title = "taken"' }).count()).toBeGreaterThan(0)
    expect(await page.locator('figure svg').count()).toBeGreaterThanOrEqual(5)
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
    expect(await page.evaluate(overflow)).toBe(0)
    await page.setViewportSize({ width: 390, height: 800 })
    expect(await page.evaluate(overflow)).toBe(0)
    await page.emulateMedia({ media: 'print', colorScheme: 'light' })
    await page.setViewportSize({ width: 680, height: 1000 })
    expect(await page.evaluate(overflow)).toBe(0)
    await context.close()
  })

  it.each(['light', 'dark'] as const)('%s: axe finds nothing', async (colorScheme) => {
    // Only here the page’s policy is set aside, for the script that looks at it.
    const context = await browser.newContext({ colorScheme, bypassCSP: true, javaScriptEnabled: true })
    const page = await context.newPage()
    await page.goto(pathToFileURL(file).href)
    await page.addScriptTag({ content: readFileSync(axe, 'utf8') })
    const { violations } = (await page.evaluate('axe.run()')) as {
      readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
    }
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([])
    await context.close()
  })
})
