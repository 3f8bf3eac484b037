import { expect } from 'chai'
import type { Locator } from 'playwright-core'
import { beginSession } from '../../src/identity/sessions/session.js'
import { Token } from '../../src/identity/tokens/token.js'
import { newValue } from '../../src/identity/tokens/value.js'
import { write } from '../../src/platform/database/write-queue.js'
import { Visitor } from '../admin/browser.js'
import { makeMany, makePersonal, makeUser, TESTER, url } from '../support.js'
import { storage } from './storage.js'
import { walk } from './walk.js'

const DAY = 86_400_000

/** @throws when the key does not get there */
async function tabTo(place: Locator) {
  await place.waitFor()
  for (let presses = 0; presses < 150; presses++) {
    await place.page().keyboard.press('Tab')
    if ((await place.and(place.page().locator(':focus')).count()) === 1) return
  }
  throw new Error(`the Tab key does not get to ${place}`)
}

walk('tokens are reviewed on one page', async ({ options, picture }) => {
  const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
  for (let number = 1; number <= 20; number++) {
    const user = await makeUser({ username: `clerk-${number}` })
    for (const name of ['nightly', 'backup', 'sync', 'report', 'import', 'export']) {
      const { token } = await makePersonal(user, { name: `${name}-${number}` })
      const lastUsedAt = name === 'import' ? null : new Date(Date.now() - number * DAY)
      await write((transaction) => token.update({ lastUsedAt }, { transaction }))
    }
  }
  const visitor = await Visitor.openAs(root, url, options)
  const { page } = visitor
  const requests: string[] = []
  page.on('request', (request) => {
    if (request.url().includes('/api/')) requests.push(request.url())
  })
  await visitor.goTo('')
  await page.getByText(/^Latchkey \d/).waitFor()
  await page.waitForLoadState('networkidle')

  requests.length = 0
  await visitor.goTo('tokens?perPage=100')
  await page.getByText('1 to 100 of 120').waitFor()
  await page.getByText('clerk-20').first().waitFor()
  await page.waitForLoadState('networkidle')
  expect(requests.length, requests.join('\n')).to.be.at.most(3)
  await picture(page, 'review')
  expect(await visitor.findings(), 'the review').to.deep.equal([])

  // What nobody has used for a while, by the keyboard alone, from the top of the page.
  await page.goto(`${url}/healthz`)
  await visitor.goTo('tokens?perPage=25')
  await page.getByText('1 to 25 of 120').waitFor()
  await tabTo(page.getByRole('button', { name: 'Filter', exact: true }))
  await page.keyboard.press('Enter')
  await page.getByRole('menuitemcheckbox', { name: 'Use', exact: true }).waitFor()
  await page.keyboard.press('Enter')
  await tabTo(page.getByRole('combobox', { name: 'Use', exact: true }))
  await page.keyboard.press('Enter')
  await page.getByRole('option', { name: 'Never used' }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByText('1 to 20 of 20').waitFor()
  await picture(page, 'never used')
  expect(await visitor.findings(), 'the filters').to.deep.equal([])
  await tabTo(page.getByRole('link', { name: /^lk_/ }).first())
  await page.keyboard.press('Enter')
  await tabTo(page.getByRole('button', { name: 'Revoke' }))
  await page.keyboard.press('Enter')
  await tabTo(page.getByRole('dialog').getByRole('button', { name: 'Revoke' }))
  await page.keyboard.press('Enter')
  await page.getByText('The token is revoked.').waitFor()
  expect(await Token.count({ where: { revokedAt: null, lastUsedAt: null, kind: 'personal' } })).to.equal(19)

  // Those that were last used longest ago come first.
  await visitor.goTo('tokens?filter={}&sort=last_used_at&order=DESC&perPage=10')
  await page.getByText('sync-1', { exact: true }).first().waitFor()
})

walk('a secret in a search box is looked up and leaves nothing', async ({ options, picture, width }) => {
  const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
  const ravi = await makeUser({ username: 'ravi' })
  const { value } = await makePersonal(ravi, { name: 'found' })
  const unknown = newValue('lk')
  const session = (await beginSession(ravi, undefined, TESTER)).value
  const drf = 'f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3'
  const knox = `${'0123456789abcdef'.repeat(4)}`
  await makeMany('employees', 3, { empid: 'n', empname: "'e' || n", salary: '1' })
  const visitor = await Visitor.openAs(root, url, options)
  const { page } = visitor
  visitor.expectStatuses(404)
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))

  const boxes: [path: string, label: string][] = [
    ['tokens', 'Search name, user or last four'],
    ['users', 'Search users'],
    ['groups', 'Search groups'],
    ['events', 'Search events'],
    ['employees', 'Search employees'],
    ['tokens?displayedFilters={"name_contains":true}', 'Name contains'],
    ['tokens?displayedFilters={"user":true}', 'User'],
    ['tokens/create', 'User'],
  ]
  const secrets = [
    ['Token ', unknown],
    ['', session],
    ['Bearer ', drf],
    ['Authorization: Token ', knox],
  ] as const
  // Each of them in one window; what is drawn is the same for all.
  for (const [path, label] of width === 1440 ? boxes : boxes.slice(-2)) {
    await visitor.goTo(path)
    const box = label === 'User' ? page.getByRole('combobox', { name: label }) : page.getByLabel(label, { exact: true })
    await box.waitFor()
    await page.waitForLoadState('networkidle')
    const paste = async (text: string) => {
      await box.click()
      await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)
      await page.keyboard.press('ControlOrMeta+v')
    }
    for (const [before, secret] of secrets) {
      await paste(before + secret)
      await page
        .getByText(secret === session ? 'This is the value of a session' : 'No token that you may see')
        .first()
        .waitFor()
      expect(await box.inputValue(), `${path} ${label}`).not.to.contain(secret)
      await box.fill(`x ${before}${secret}`)
      expect(await box.inputValue(), `${path} ${label}`).not.to.contain(secret)
    }
    await paste(`Token ${value}`)
    await page.getByRole('heading', { name: 'Token found' }).waitFor()
  }
  await page.evaluate("navigator.clipboard.writeText('')")
  if (width === 1440) {
    // Typed by hand, or by a scanner that types.
    await visitor.goTo('tokens')
    await page.getByLabel('Search name, user or last four').pressSequentially(unknown, { delay: 5 })
    await page.getByText('No token that you may see').first().waitFor()
  }
  await picture(page, 'looked up')
  await page.waitForLoadState('networkidle')
  const left = [await storage(page), await page.content(), ...asked].join('\n')
  for (const secret of [value, unknown, session, drf, knox]) {
    expect(left).not.to.contain(secret)
    expect(left).not.to.contain(secret.slice(0, 20))
  }
})
