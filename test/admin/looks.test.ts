import { expect } from 'chai'
import type { BrowserContextOptions } from 'playwright-core'
import { Group } from '../../src/identity/groups/group.js'
import { issueSetupLink } from '../../src/identity/sign-in/setup-link.js'
import { Token } from '../../src/identity/tokens/token.js'
import { accountOf, makeEmployees, makePersonal, makeUser, PASSWORD, TESTER, url } from '../support.js'
import { closeVisitors, Visitor } from './browser.js'

const WINDOWS: Record<string, BrowserContextOptions> = {
  'light and wide': { colorScheme: 'light', reducedMotion: 'reduce' },
  'dark and as narrow as a phone': {
    colorScheme: 'dark',
    reducedMotion: 'reduce',
    viewport: { width: 390, height: 800 },
  },
}

describe('the pages of the admin site', function () {
  this.timeout(90_000)
  afterEach(closeVisitors)

  for (const [what, options] of Object.entries(WINDOWS))
    it(`have no serious finding of axe and do not overflow, ${what}`, async () => {
      const { root, pages } = await filled()
      const visitor = await Visitor.openAs(root, url, options)
      const { page } = visitor
      const findings: Record<string, string[]> = {}
      for (const [path, heading] of Object.entries(pages)) {
        await visitor.goTo(path)
        await page.getByRole('heading', { level: 1, name: heading }).waitFor()
        await page.waitForLoadState('networkidle')
        const found = await visitor.findings()
        if (await page.evaluate('document.documentElement.scrollWidth > innerWidth'))
          found.push('wider than the window')
        if (found.length > 0) findings[path] = found
        expect(await page.title()).to.equal(`${heading} · Latchkey`)
      }
      expect(findings).to.deep.equal({})
    })

  for (const [what, options] of Object.entries(WINDOWS))
    it(`that come before signing in have no serious finding of axe, ${what}`, async () => {
      const secret = await issueSetupLink()
      const visitor = await Visitor.open(url, options)
      await visitor.goTo('login')
      await visitor.page.getByRole('heading', { name: 'Sign in' }).waitFor()
      expect(await visitor.findings()).to.deep.equal([])
      await visitor.page.goto('about:blank')
      await visitor.page.goto(`${url}/admin/#setup=${secret}`)
      await visitor.page.reload()
      expect(await visitor.findings()).to.deep.equal([])
    })

  it('are dark where the reader’s system is', async () => {
    const { root } = await filled()
    const brightness = async (colorScheme: 'light' | 'dark') => {
      const visitor = await Visitor.openAs(root, url, { colorScheme })
      await visitor.goTo('employees')
      await visitor.page.getByRole('heading', { name: 'Employees' }).waitFor()
      const colour = await visitor.page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
      return Math.max(...colour.match(/\d+/g)!.map(Number))
    }
    expect(await brightness('dark')).to.be.below(80)
    expect(await brightness('light')).to.be.above(200)
  })

  it('can be used with the keyboard alone: from signing in to a new token', async () => {
    await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
    await makeUser({ username: 'ravi' })
    const visitor = await Visitor.open(url)
    const { page } = visitor
    await page.goto(`${url}/admin/`)
    await page.getByLabel('Username').waitFor()
    await visitor.tabTo('Username')
    await page.keyboard.type('root')
    await visitor.tabTo('Password')
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByText(/^Latchkey \d/).waitFor()
    await visitor.tabTo('Tokens')
    await page.keyboard.press('Enter')
    await page.getByText('No tokens yet').waitFor()
    await visitor.tabTo('Add token')
    const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle')
    expect(outline, 'the focus is seen').to.equal('solid')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Add token' }).waitFor()
    await visitor.tabTo('User')
    await page.keyboard.type('rav')
    await page.getByRole('option', { name: 'ravi' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await visitor.tabTo('Save')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await visitor.tabTo('Done')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: /^Token lk_/ }).waitFor()
    expect(await Token.count({ where: { kind: 'account' } })).to.equal(1)
  })
})

/** One of everything, and the pages that show it with their headings. */
async function filled() {
  const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
  const ravi = await makeUser({ username: 'ravi', groups: [] })
  await accountOf(ravi)
  const { token } = await makePersonal(ravi, { name: 'nightly report', expiresAt: new Date(Date.now() + 86_400_000) })
  await Token.rotate(token.id, { overlap: 3600, maxAge: undefined }, TESTER, () => {})
  const group = await Group.add({ name: 'payroll', scopes: ['employees:read'] }, TESTER)
  await makeEmployees({ empid: 101 }, { empid: 102, empname: 'Ravi' })
  const pages: Record<string, string> = {
    '': 'Home',
    tokens: 'Tokens',
    [`tokens/${token.id}/show`]: 'Token nightly report',
    [`tokens/create?user=${ravi.id}`]: 'Add token',
    users: 'Users',
    [`users/${ravi.id}`]: 'User ravi',
    'users/create': 'Add user',
    groups: 'Groups',
    [`groups/${group.id}`]: 'Group payroll',
    'groups/create': 'Add group',
    events: 'Events',
    'events/1/show': 'Event 1',
    employees: 'Employees',
    'employees/101': 'Employee 101',
    'employees/create': 'Add employee',
    password: 'Change password',
  }
  return { root, ravi, pages }
}
