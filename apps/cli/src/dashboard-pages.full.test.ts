import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { browserProblem, openBrowser, openPage, type PageOptions, settled, type WatchedPage } from './fixtures/browser.ts'
import { findBarriers } from './fixtures/find-barriers.ts'
import { type ServedStore, serveStore } from './fixtures/served-store.ts'
import { testFolder } from './fixtures/test-folder.ts'

const problem = browserProblem()
const KB = 1000

type Place = { readonly name: string; readonly path: string; readonly act?: (page: Page) => Promise<void> }

/** Every page, and those of its states that show something else. */
const places: readonly Place[] = [
  { name: 'runs', path: '/' },
  { name: 'runs, nothing found', path: '/?search=nobody' },
  { name: 'overview', path: '/runs/sedi', act: openEverything },
  { name: 'overview of a paused run, asking before it cancels', path: '/runs/paused', act: (page) => page.getByRole('button', { name: 'Cancel…' }).click() },
  { name: 'overview of a paused run, asking before it resumes', path: '/runs/paused', act: (page) => page.getByRole('button', { name: 'Resume…' }).click() },
  { name: 'instructions', path: '/runs/sedi/instructions' },
  { name: 'instructions, one open', path: '/runs/sedi/instructions?verdict=rejected&reason=similar', act: (page) => page.getByRole('row').nth(2).click() },
  { name: 'instructions, what if', path: '/runs/sedi/instructions?whatIf=0.7', act: (page) => page.getByRole('slider').waitFor() },
  { name: 'instructions, nothing found', path: '/runs/sedi/instructions?search=no+such+words' },
  { name: 'map', path: '/runs/sedi/map?step=5', act: openEverything },
  { name: 'map of a run without a trainer', path: '/runs/paused/map' },
  { name: 'seeds', path: '/runs/sedi/seeds', act: openEverything },
  { name: 'compare', path: '/compare?a=alpaca&b=sedi', act: openEverything },
  { name: 'compare, nothing chosen', path: '/compare' },
  { name: 'new run', path: '/new', act: openEverything },
  { name: 'new run, with mistakes', path: '/new', act: makeMistakes },
  { name: 'no such page', path: '/nowhere' },
]

describe.skipIf(problem !== undefined)(`the pages of the dashboard${problem === undefined ? '' : ` (${problem})`}`, { timeout: 600_000 }, () => {
  let browser: Browser
  let server: ServedStore

  beforeAll(async () => {
    const cwd = testFolder()
    server = await serveStore(cwd)
    await makeRuns(cwd, server)
    browser = await openBrowser()
  }, 600_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop('SIGTERM')
  }, 600_000)

  async function look(options: Omit<PageOptions, 'url'> = {}): Promise<WatchedPage> {
    const watched = await openPage(browser, { url: server.url, ...options })
    onTestFinished(() => watched.context.close())
    return watched
  }

  describe.each(['light', 'dark'] as const)('%s', (colours) => {
    it.each(places)('$name: nothing that axe-core calls serious, one main heading, a quiet console', async ({ path, act }) => {
      const { page, problems, expecting } = await look({ colours })
      await expecting(/400 \(Bad Request\) \(\S+\/v1\/config\/plan\)/, async () => {
        await page.goto(path)
        await settled(page)
        await act?.(page)
        await settled(page)
      })
      expect(await findBarriers(page)).toEqual([])
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
      expect(problems).toEqual([])
    })
  })

  it.each(places)('$name: fits a telephone, without scrolling sideways', async ({ path, act }) => {
    const { page } = await look({ width: 400, height: 800 })
    await page.goto(path)
    await settled(page)
    await act?.(page)
    await settled(page)
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(400)
    expect(await findBarriers(page)).toEqual([])
  })

  it.each(['/', '/new', '/compare', '/runs/sedi', '/runs/sedi/instructions', '/runs/sedi/map', '/runs/sedi/seeds'])(
    'a first visit to %s brings less than 300 KB of scripts and styles over the wire',
    async (path) => {
      const { context } = await look()
      const page = await context.newPage()
      const network = await context.newCDPSession(page)
      const types = new Map<string, string>()
      let bytes = 0
      network.on('Network.responseReceived', ({ requestId, type }) => types.set(requestId, type))
      network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        if (/Document|Script|Stylesheet|Image|Font/.test(types.get(requestId) ?? 'Document')) bytes += encodedDataLength
      })
      await network.send('Network.enable')
      await network.send('Network.setCacheDisabled', { cacheDisabled: true })
      await page.goto(path)
      await settled(page)
      expect(bytes).toBeGreaterThan(50 * KB) // less: it was not counted
      expect(bytes).toBeLessThan(300 * KB)
    },
  )

  it('keeps the colours that were chosen, whatever the system says', async () => {
    const { page } = await look({ colours: 'dark' })
    const ground = (): Promise<string> => page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor')
    const dark = await ground()
    await page.getByLabel('Colours').selectOption('Light')
    const light = await ground()
    expect(light).not.toBe(dark)
    await page.reload()
    expect(await ground()).toBe(light)
  })

  it('comes back to the same place by its address alone', async () => {
    const { page, context } = await look()
    await page.goto('/runs/sedi/instructions?reason=similar&verdict=rejected')
    await page.getByRole('row').nth(3).click()
    const name = await page.getByRole('complementary').getByRole('heading').first().textContent()
    const later = await context.newPage()
    await later.goto(page.url())
    await later.getByRole('complementary').getByRole('heading', { name: name! }).waitFor()
    await expect.poll(() => later.getByLabel('Verdict').inputValue()).toBe('reason:similar')
  })
})

/** Two trained runs with the same test set, and one that its budget has paused. */
async function makeRuns(cwd: string, server: ServedStore): Promise<void> {
  copyFileSync(join(import.meta.dirname, '../../../packages/kit/assets/base-model.safetensors'), join(cwd, 'base-model.safetensors'))
  const config = {
    seeds: 'seeds.jsonl',
    generator: { id: 'simulated', price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } },
    verifier: 'simulated',
    target: { calls: 30 },
    rounds: 3,
    batches: { size: 16 },
  }
  const trained = {
    trainer: { id: 'embedded', baseModel: 'base-model.safetensors' },
    training: { stepsPerRound: 10, learningRate: 0.001, maxLength: 96 },
    feedback: { everySteps: 5 },
    evaluation: { evaluators: ['exact-match'], heldOut: 'test.jsonl' },
  }
  await server.create('alpaca', { ...config, ...trained, recipe: 'alpaca' })
  await server.create('sedi', { ...config, ...trained, recipe: 'sedi' })
  await server.create('paused', { ...config, trainer: 'none', budget: { maxCostUsd: 0.03 } })
  for (const name of ['alpaca', 'sedi']) await server.until(name, 'done')
  await server.until('paused', 'paused')
}

async function openEverything(page: Page): Promise<void> {
  for (const closed of await page.locator('details:not([open]) > summary').all()) if (await closed.isVisible()) await closed.click()
}

async function makeMistakes(page: Page): Promise<void> {
  await page.locator('[id="field-rounds"]').fill('many')
  await page.locator('[id="field-filter.threshold"]').fill('7')
  await page.getByText('2 things to mend').waitFor()
  await page.getByRole('link', { name: 'filter.threshold' }).click()
}
