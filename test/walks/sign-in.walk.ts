import { expect } from 'chai'
import { closeVisitors, Visitor } from '../admin/browser.js'
import { makeUser, PASSWORD, url } from '../support.js'

/** Ways in which an address may try to say where one goes after signing in. */
const ATTACKS = [
  '/admin/#/login?next=https://evil.example/',
  '/admin/#/login?redirectTo=//evil.example&nextPathname=//evil.example',
  '/admin/?next=https://evil.example/#/login',
  '/admin/#//evil.example',
  '/admin/#/\\evil.example',
  '/admin/#\\\\evil.example',
  '/admin/#/javascript:alert(1)',
  '/admin/#javascript:alert(1)',
  '/admin/#/login?next=javascript:alert(1)',
  '/account/?next=https://evil.example/',
  '/account/?redirect=//evil.example#/new?next=//evil.example',
  '/account/#//evil.example',
  '/account/#/\\evil.example',
  '/account/#javascript:alert(1)',
]

describe('after signing in', function () {
  this.timeout(120_000)
  afterEach(closeVisitors)

  for (const attack of ATTACKS)
    it(`${attack} leads to no other site`, async () => {
      await makeUser({ username: 'asha', isStaff: true })
      const visitor = await Visitor.open(url)
      const { page } = visitor
      await page.goto(url + attack)
      await visitor.enter('asha', PASSWORD)
      await page.getByRole('heading', { name: 'Sign in' }).waitFor({ state: 'detached' })
      await page.waitForLoadState('networkidle')
      const { origin, pathname } = new URL(page.url())
      expect(origin + pathname).to.equal(url + attack.slice(0, attack.indexOf('/', 1) + 1))
    })
})
