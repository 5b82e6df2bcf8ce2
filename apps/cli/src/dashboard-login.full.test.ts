import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { browserProblem, openBrowser, openPage, settled, type WatchedPage } from './fixtures/browser.ts'
import { findBarriers } from './fixtures/find-barriers.ts'
import { type ServedStore, serveStore } from './fixtures/served-store.ts'
import { testFolder } from './fixtures/test-folder.ts'

const problem = browserProblem()
const token = 'correct-horse-battery-staple'

describe.skipIf(problem !== undefined)(`the login${problem === undefined ? '' : ` (${problem})`}`, { timeout: 600_000 }, () => {
  let browser: Browser
  let server: ServedStore
  beforeAll(async () => {
    server = await serveStore(testFolder(), { token })
    browser = await openBrowser()
  }, 600_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop('SIGTERM')
  }, 600_000)

  async function look(): Promise<WatchedPage> {
    const watched = await openPage(browser, { url: server.url })
    onTestFinished(() => watched.context.close())
    return watched
  }

  const refused = /401 \(Unauthorized\)/

  it('lets in with the token only, and to the page that was asked for', async () => {
    const { page, context, problems, expecting } = await look()
    await page.goto('/new')
    await page.getByRole('heading', { level: 1, name: 'Log in' }).waitFor()
    expect(await findBarriers(page)).toEqual([])
    await expecting(refused, async () => {
      await page.getByLabel('Token').fill('correct-horse-battery')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('token').waitFor()
    })
    expect(await context.cookies()).toEqual([])
    await page.getByLabel('Token').fill(token)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'New run' }).waitFor()
    await settled(page)
    expect(await context.cookies()).toEqual([expect.objectContaining({ httpOnly: true, sameSite: 'Strict', domain: '127.0.0.1', secure: false })])
    expect(await page.evaluate<string>('document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })')).not.toContain('horse')
    expect((await context.cookies())[0]!.value).not.toContain(token)
    expect(problems).toEqual([])
  })

  it('ends with the button, on every page of the browser', async () => {
    const { page, context, problems, expecting } = await look()
    await page.getByLabel('Token').fill(token)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('There is no run in this store yet.').waitFor()
    const second = await context.newPage()
    await second.goto('/')
    await second.getByText('There is no run in this store yet.').waitFor()
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('heading', { level: 1, name: 'Log in' }).waitFor()
    await expecting(refused, async () => {
      await second.reload()
      await second.getByRole('heading', { level: 1, name: 'Log in' }).waitFor()
    })
    expect(await context.cookies()).toEqual([])
    expect(problems).toEqual([])
  })

  it('comes back when a restart of the server has ended the session', async () => {
    const { page, expecting, problems } = await look()
    await page.goto('/compare')
    await page.getByLabel('Token').fill(token)
    await page.keyboard.press('Enter')
    await page.getByText('A comparison takes two runs.').waitFor()
    await expecting(/401 \(Unauthorized\)|Failed to load resource|net::ERR_/, async () => {
      await server.stop('SIGKILL')
      await server.start()
      await page.getByRole('link', { name: 'New run' }).first().click()
      await page.getByRole('heading', { level: 1, name: 'Log in' }).waitFor()
    })
    await page.getByLabel('Token').fill(token)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'New run' }).waitFor()
    expect(problems).toEqual([])
  })
})
