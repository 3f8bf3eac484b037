import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { beginSession } from '../../src/identity/sessions/session.js'
import { newValue } from '../../src/identity/tokens/value.js'
import { closeVisitors, Visitor } from '../admin/browser.js'
import { ServerProcess } from '../process.js'
import { makeEmployees, makePersonal, makeUser, TESTER } from '../support.js'
import { storage } from './storage.js'

const DRF = 'f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3'

/** Fields for text, whatever they look for; a choice among a few has none. */
const BOXES = 'main input:is([type=text], [type=search], [type=number], :not([type])):not(.MuiSelect-nativeInput)'

describe('a secret in any search box, filter or picker', function () {
  this.timeout(120_000)
  afterEach(closeVisitors)
  let server: ServerProcess
  afterEach(() => server.stop())

  it('is in no URL, nowhere in the browser and not in the log', async () => {
    const { DATABASE_URL, LATCHKEY_SECRET_KEY } = process.env as Record<string, string>
    server = await ServerProcess.start({ DATABASE_URL: DATABASE_URL!, LATCHKEY_SECRET_KEY: LATCHKEY_SECRET_KEY! })
    const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
    await makeEmployees({ empid: 7 })
    await makePersonal(root)
    const session = (await beginSession(root, undefined, TESTER)).value
    const secrets = [newValue('lk'), DRF, session]
    const visitor = await Visitor.openAs(root, server.url)
    const { page } = visitor
    visitor.expectStatuses(404)
    const urls: string[] = []
    page.on('request', (request) => urls.push(request.url()))
    page.on('framenavigated', (frame) => urls.push(frame.url()))

    const found: string[] = []
    for (const path of [
      'tokens',
      'users',
      'groups',
      'scopes',
      'events',
      'employees',
      'tokens/create',
      'users/create',
    ]) {
      await visitor.goTo(path)
      await page.getByRole('main').getByRole('button').first().waitFor()
      await page.waitForLoadState('networkidle')
      await showFilters(page)
      const isForm = path.includes('/')
      for (const box of await page.locator(isForm ? `${BOXES}[role=combobox]` : BOXES).all()) {
        const isFirst = !found.includes(path)
        found.push(path)
        // Look-ups are limited, and a session's value is looked up nowhere.
        for (const secret of isFirst ? secrets : [session]) {
          await page.evaluate(`navigator.clipboard.writeText('Token ${secret}')`)
          await box.click()
          await page.keyboard.press('ControlOrMeta+v')
          await page
            .getByText(secret === session ? 'This is the value of a session' : 'No token that you may see')
            .first()
            .waitFor()
          expect(await box.inputValue(), `${path}: ${await box.getAttribute('name')}`).to.equal('')
          if ((await box.getAttribute('type')) !== 'number') await box.fill(`x ${secret}`)
        }
      }
      // A search waits for the end of typing.
      await page.waitForTimeout(700)
      urls.push(await storage(page), await page.content())
    }
    expect(new Set(found)).to.have.lengthOf(7)
    await page.waitForLoadState('networkidle')
    await server.stop()
    expect(server.log).to.contain('/api/tokens/lookup')
    const left = [server.log, ...urls].join('\n')
    for (const secret of secrets) expect(left).not.to.contain(secret.slice(4, 24))
  })
})

/** Every filter that a list has. */
async function showFilters(page: Page) {
  const filter = page.getByRole('button', { name: 'Filter', exact: true })
  if ((await filter.count()) === 0) return
  const choices = page.getByRole('menuitemcheckbox')
  for (;;) {
    await filter.click()
    await choices.first().waitFor()
    const hidden = page.getByRole('menuitemcheckbox', { checked: false })
    if ((await hidden.count()) === 0) break
    await hidden.first().click()
    await choices.first().waitFor({ state: 'hidden' })
  }
  await page.keyboard.press('Escape')
  await choices.first().waitFor({ state: 'hidden' })
}
