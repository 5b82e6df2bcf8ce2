import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest'
import { browserProblem, openBrowser, openPage, textOf, type WatchedPage } from './fixtures/browser.ts'
import { type ServedStore, serveStore } from './fixtures/served-store.ts'
import { testFolder } from './fixtures/test-folder.ts'

const problem = browserProblem()
const patience = { timeout: 120_000 }

/** What a browser writes into its console while nobody answers. */
const unanswered = /Failed to load resource|net::ERR_|answered 503/

describe.skipIf(problem !== undefined)(`the dashboard${problem === undefined ? '' : ` (${problem})`}`, { timeout: 600_000 }, () => {
  const folder = testFolder()
  copyFileSync(join(import.meta.dirname, '../../../packages/kit/assets/base-model.safetensors'), join(folder, 'base-model.safetensors'))
  let browser: Browser
  let server: ServedStore
  beforeAll(async () => {
    browser = await openBrowser()
  }, 600_000)
  afterAll(async () => {
    await browser?.close()
    await fetch(`${server.url}/v1/runs/story/cancel`, asJson({})).catch(() => {})
    await server?.stop('SIGTERM')
  }, 600_000)

  async function look(colours?: 'light' | 'dark'): Promise<WatchedPage> {
    const watched = await openPage(browser, { url: server.url, colours })
    onTestFailed(
      async () => void process.stderr.write(`${watched.page.url()}\n${await textOf(watched.page.locator('body'))}\n${watched.problems.join('\n')}\n`),
    )
    return watched
  }

  it('tells the whole story of a run, from the form to the comparison', async () => {
    server = await serveStore(folder)
    const mine = await look()
    const { page } = mine
    await page.getByText('There is no run in this store yet.').waitFor()
    await createBaseline()

    // Each mistake in the form is an answer of 400 from the planner, which the browser notes.
    await mine.expecting(/400 \(Bad Request\) \(\S+\/v1\/config\/plan\)/, () => planAndCreate(page))
    await seesItGrow(page)
    await readsARejectedInstruction(page)
    await movesTheSlider(page)
    await followsASeed(page)

    const other = await look('dark')
    await other.page.goto('/runs/story')
    await seesTheServerDie([mine, other])
    await pausesForBoth(page, other.page)
    await seesTheServerRestart([mine, other])
    await bothResume(page, other)
    await comparesIt(page)
    expect({ mine: mine.problems, other: other.problems }).toEqual({ mine: [], other: [] })
  })

  /** Another run over the same questions, to compare with. */
  async function createBaseline(): Promise<void> {
    const config = {
      recipe: 'alpaca',
      seeds: 'seeds.jsonl',
      generator: { id: 'simulated', price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } },
      target: { calls: 40 },
      rounds: 2,
      trainer: { id: 'embedded', baseModel: 'base-model.safetensors' },
      training: { stepsPerRound: 10, learningRate: 0.001, maxLength: 96 },
      batches: { size: 16 },
      evaluation: { evaluators: ['exact-match'], heldOut: 'test.jsonl' },
    }
    await server.create('baseline', config)
  }

  /** A mistake is shown where it was made, the estimate before anything is spent. */
  async function planAndCreate(page: Page): Promise<void> {
    await page.getByRole('link', { name: 'New run' }).first().click()
    const key = (path: string): Locator => page.locator(`[id="field-${path}"]`)
    const estimate = page.getByRole('region', { name: 'Estimate' })
    await page.getByLabel('Name').fill('story')
    await key('seeds').fill('seeds.jsonl')
    await key('generator.latencyMs').fill('1200')
    await key('target.calls').fill('120')
    await key('rounds').fill('6')
    await key('trainer').selectOption('embedded')
    await key('trainer.baseModel').fill('base-model.safetensors')
    await key('batches.size').fill('16')
    for (const section of ['Training', 'Feedback and seeds', 'Evaluation', 'Limits and money'])
      await page.locator('summary', { hasText: new RegExp(`^${section}`) }).click()
    await key('training.stepsPerRound').fill('10')
    await key('training.learningRate').fill('0.001')
    await key('training.maxLength').fill('96')
    await key('feedback.everySteps').fill('5')
    await key('evaluation.evaluators').getByLabel('exact-match').check()
    await page.getByLabel('Test set from this computer').setInputFiles(join(folder, 'test.jsonl'))
    await key('limits.concurrency').fill('two')
    await key('limits.concurrency').and(page.locator('[aria-invalid="true"]')).waitFor()
    await estimate.getByText('1 thing to mend').waitFor()
    await key('limits.concurrency').fill('2')
    await estimate.getByText(/At most \$\d/).waitFor()
    expect(await textOf(estimate)).toMatch(/Answers\s+120\b[\s\S]*Test items\s+54\b/)
    expect(await runsIn(page)).toEqual(['baseline'])
    await page.getByRole('button', { name: 'Create and start' }).click()
    await page.waitForURL('**/runs/story')
  }

  /** Figures change on the page as it stands, without another page load. */
  async function seesItGrow(page: Page): Promise<void> {
    await page.evaluate('globalThis.loadedOnce = true')
    await badge(page, 'running').waitFor()
    const costs = new Set<string>()
    await expect.poll(async () => costs.add(await figure(page, 'Cost')).size, patience).toBeGreaterThan(3)
    await expect.poll(() => count(page, 'Kept'), patience).toBeGreaterThan(0)
    expect(await page.evaluate('globalThis.loadedOnce')).toBe(true)
  }

  /** By keyboard only, from the link that skips the navigation to the text that was too close. */
  async function readsARejectedInstruction(page: Page): Promise<void> {
    await page.getByRole('link', { name: 'Instructions' }).focus()
    await page.keyboard.press('Enter')
    await page.waitForURL('**/instructions')
    await tabTo(page, page.getByLabel('Verdict'))
    await page.keyboard.type('too similar in words')
    await page.waitForURL(/reason=similar\b/)
    const grid = page.getByRole('grid', { name: 'Instructions' })
    const row = grid.getByRole('row', { name: 'similar' })
    await expect.poll(() => row.count(), patience).toBeGreaterThan(3)
    await tabTo(page, grid)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    const pane = page.getByRole('complementary')
    await pane.getByText(/^✕ Rejected: too close to the words of an earlier text, ROUGE-L 0\.\d+ with \S+, above the threshold of 0\.85\.$/).waitFor()
    const [own, nearest] = ['Its own text', 'The nearest earlier text'].map((name) => pane.getByRole('region', { name }).locator('mark'))
    const words = async (marks: Locator): Promise<string> => (await marks.allInnerTexts()).join(' ').toLowerCase()
    expect((await words(own!)).split(/\W+/).length).toBeGreaterThan(3)
    expect((await words(own!)).replace(/\W+/g, ' ')).toBe((await words(nearest!)).replace(/\W+/g, ' '))
    expect(await textOf(pane)).toMatch(/% of its answer, which brought \d+ items/)
    const first = await textOf(pane.getByRole('heading', { level: 2 }))
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => textOf(pane.getByRole('heading', { level: 2 })), patience).not.toBe(first)
    await page.keyboard.press('Escape')
    await pane.waitFor({ state: 'detached' })
    await grid.and(page.locator(':focus')).waitFor()
  }

  /** A stricter threshold keeps fewer and makes each dearer. */
  async function movesTheSlider(page: Page): Promise<void> {
    await page.getByText('What if the threshold were another?').click()
    const slider = page.getByRole('slider')
    await slider.waitFor()
    const seen = async (): Promise<readonly [threshold: string, kept: number, perKept: number]> => {
      const said = /^(0\.\d\d): ([\d,]+) kept, \$([\d.]+) each$/.exec((await slider.getAttribute('aria-valuetext'))!)!
      return [said[1]!, Number(said[2]!.replaceAll(',', '')), Number(said[3])]
    }
    const own = await seen()
    expect(own[0]).toBe('0.85')
    await slider.focus()
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowLeft')
    await expect.poll(async () => (await seen())[0], patience).toBe('0.70')
    const [, kept, perKept] = await seen()
    expect(kept).toBeLessThan(own[1])
    expect(perKept).toBeGreaterThan(own[2])
    expect(page.url()).toContain('whatIf=0.7')
  }

  /** From the list to the lineage, along a line of it, and to the batch it was picked from. */
  async function followsASeed(page: Page): Promise<void> {
    await page.getByRole('link', { name: 'Seeds' }).click()
    await page.getByRole('radio', { name: 'Machine' }).check()
    const pick = page.getByRole('region', { name: 'Seeds' }).getByRole('button', { name: /^r\d\d-c\d+/ })
    await pick.first().click()
    const seed = (await textOf(pick.first().locator('code'))).trim()
    await page.getByRole('heading', { name: `The story of ${seed}` }).waitFor()
    await page.getByText(/Became a seed at the end of round 1: .*The batch was that of step \d+/).waitFor()
    const graph = page.getByRole('list', { name: `Seeds around ${seed}` })
    await graph.locator('[aria-current="true"]').focus()
    await page.keyboard.press('ArrowLeft')
    await graph
      .locator(':focus')
      .filter({ hasText: /^seed-/ })
      .waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: /^The story of seed-/ }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { name: `The story of ${seed}` }).waitFor()
    await graph
      .getByRole('link', { name: /^step / })
      .and(page.locator('[tabindex="0"]'))
      .click()
    await page.getByRole('heading', { name: /^The batch of step \d+$/ }).waitFor()
    await page.getByRole('row', { name: seed }).getByText('became a seed').waitFor()
    await page.locator('.chart canvas').first().waitFor()
    await page.getByRole('link', { name: 'Overview' }).click()
    await page.getByText('Live', { exact: true }).waitFor()
  }

  /** The run does not notice; the pages do, and recover by themselves. */
  async function seesTheServerDie(both: readonly [WatchedPage, WatchedPage]): Promise<void> {
    const before = await count(both[0].page, 'Kept')
    await outage(both, 'SIGKILL')
    await expect.poll(() => count(both[0].page, 'Kept'), patience).toBeGreaterThan(before)
  }

  async function seesTheServerRestart(both: readonly [WatchedPage, WatchedPage]): Promise<void> {
    await outage(both, 'SIGTERM')
    for (const { page } of both) await page.getByText(/^Paused\b.*Nothing is bought until it is resumed\.$/).waitFor()
  }

  async function outage([mine, other]: readonly [WatchedPage, WatchedPage], signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const pages = [mine.page, other.page]
    const endAndBegin = async (): Promise<void> => {
      await server.stop(signal)
      for (const page of pages) await page.getByText('Connection lost, trying again…').waitFor()
      await server.start()
      for (const page of pages) await page.getByText('Live', { exact: true }).waitFor()
      for (const page of pages) await page.locator('.banner.warn').waitFor({ state: 'detached' })
    }
    for (const page of pages) await page.getByText('Live', { exact: true }).waitFor()
    await mine.expecting(unanswered, () => other.expecting(unanswered, endAndBegin))
  }

  async function pausesForBoth(page: Page, other: Page): Promise<void> {
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    for (const one of [page, other]) {
      await badge(one, 'paused').waitFor()
      await one.getByRole('button', { name: 'Resume…' }).waitFor()
    }
  }

  /** Two people resume the same run: the second is told that it runs already. */
  async function bothResume(page: Page, other: WatchedPage): Promise<void> {
    for (const one of [page, other.page]) await one.getByRole('button', { name: 'Resume…' }).click()
    await page.getByLabel('Most calls in flight').fill('64')
    await page.getByRole('button', { name: 'Resume', exact: true }).click()
    await badge(page, 'running').waitFor()
    await other.expecting(/409 \(Conflict\)/, async () => {
      await other.page.getByRole('button', { name: 'Resume', exact: true }).click()
      await other.page.getByRole('alert').getByText(/story/).waitFor()
    })
    for (const one of [page, other.page]) await badge(one, 'done').waitFor({ timeout: 240_000 })
    await expect.poll(() => page.getByText('120 of 120 answers').count(), patience).toBe(1)
    expect(await page.getByRole('button', { name: /Pause|Resume|Cancel/ }).count()).toBe(0)
  }

  async function comparesIt(page: Page): Promise<void> {
    await page.getByRole('link', { name: 'Compare…' }).click()
    await page.getByLabel('A, the baseline').selectOption('baseline')
    await page.waitForURL(/a=baseline/)
    const quote = page.getByRole('figure').filter({ has: page.getByRole('heading', { name: 'In words' }) })
    await quote.waitFor()
    expect(await textOf(quote)).toMatch(/On the same 54 held-out items \(exact-match\)[\s\S]*95 % interval \[/)
    const figure = page.getByRole('figure').filter({ hasText: 'exact-match: B − A' })
    await figure.locator('canvas').waitFor()
    await figure.getByText('Figures as a table').click()
    expect(await textOf(figure.getByRole('row').nth(1))).toMatch(/^all\s+54\s+\S+ points(\s+[-+−\d.]+){2}$/)
  }

  const runsIn = async (page: Page): Promise<string[]> =>
    ((await (await page.request.get('/v1/runs')).json()) as { runs: { runId: string }[] }).runs.map(({ runId }) => runId)
})

const asJson = (body: object): RequestInit => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

const badge = (page: Page, state: string): Locator => page.locator('.page-head .badge', { hasText: state })

const tile = (page: Page, name: string): Locator => page.locator('.stat-tile').filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) })

const figure = (page: Page, name: string): Promise<string> => textOf(tile(page, name).locator('.stat-value'))

const count = async (page: Page, name: string): Promise<number> => Number((await figure(page, name)).replaceAll(',', ''))

/** Presses Tab until the focus is there, as somebody without a mouse would. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor()
  for (let i = 0; i < 60; i++) {
    if (await target.evaluate((element) => element.matches(':focus'))) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`60 times Tab did not lead to ${target}`)
}
