import { expect } from 'chai'
import type { Locator, Page } from 'playwright-core'
import { closeVisitors, Visitor } from '../admin/browser.js'
import { makeEmployees, makePersonal, makeUser, PASSWORD, url } from '../support.js'
import { storage } from './storage.js'
import { walk } from './walk.js'

const TYPED = 'typed, not saved'

walk('unsaved work', async ({ options, picture }) => {
  const asha = await makeUser({ username: 'asha', isStaff: true, isSuperuser: true })
  await makeEmployees({ empid: 7, empname: 'Ravi' })
  const visitor = await Visitor.openAs(asha, url, options)
  const { page } = visitor
  const dialog = page.getByRole('dialog', { name: 'Leave without saving?' })
  const name = page.locator('input[name=empname]')

  await visitor.goTo('employees')
  await page.getByRole('heading', { name: 'Employees' }).waitFor()
  await visitor.goTo('employees/7')
  await name.fill(TYPED)

  // Back, by the keyboard alone.
  await page.goBack()
  await dialog.waitFor()
  await picture(page, 'asks')
  expect(await visitor.findings()).to.deep.equal([])
  expect(await page.evaluate('document.activeElement.textContent')).to.equal('Stay')
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'hidden' })
  expect(await name.inputValue()).to.equal(TYPED)
  expect(page.url()).to.contain('#/employees/7')
  await page.goBack()
  await dialog.waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  expect(await name.inputValue()).to.equal(TYPED)

  // An address typed into the bar.
  await page.evaluate("location.hash = '#/users'")
  await dialog.waitFor()
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'hidden' })
  expect(page.url()).to.contain('#/employees/7')
  expect(await name.inputValue()).to.equal(TYPED)

  expect(await storage(page)).not.to.contain(TYPED)

  // Leaving is a choice, too.
  await page.evaluate("location.hash = '#/users'")
  await dialog.waitFor()
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Users' }).waitFor()
  await page.goBack()
  await name.waitFor()
  expect(await name.inputValue()).to.equal('Ravi')
})

// What guards them is the same in every window, so that one is enough.
describe('what is asked before work is lost', function () {
  this.timeout(90_000)
  afterEach(closeVisitors)

  it('on the page of a new token: by a menu, the sign-out, a link to the other site, and reload', async () => {
    const { visitor, page } = await opened()
    await visitor.goTo('tokens/create')
    await page.getByLabel('Personal token').check()
    const name = page.getByRole('textbox', { name: 'Name' })
    await name.fill(TYPED)
    await staysAt(page, name, () => page.getByRole('menuitem', { name: 'Users' }).click())
    await staysAt(page, name, () => page.getByRole('menuitem', { name: 'API docs' }).click())
    await staysAt(page, name, async () => {
      await page.getByRole('button', { name: /profile$/ }).click()
      await page.getByRole('menuitem', { name: 'Sign out' }).click()
    })
    const asked = page.waitForEvent('dialog')
    await page.evaluate('setTimeout(() => location.reload())')
    expect((await asked).type()).to.equal('beforeunload')
    expect(await name.inputValue()).to.equal(TYPED)
    expect(await asksBeforeUnload(page)).to.equal(true)
    await page.getByRole('menuitem', { name: 'Users' }).click()
    await page.getByRole('button', { name: 'Leave without saving' }).click()
    await page.getByRole('heading', { name: 'Users' }).waitFor()
    expect(await asksBeforeUnload(page)).to.equal(false)
  })

  it('while a value is shown once: by Back, reload and close', async () => {
    const { asha, page } = await opened('/account/')
    await makePersonal(asha, { name: 'nightly' })
    await page.reload()
    await page.getByRole('link', { name: 'Your sessions' }).click()
    await page.getByRole('link', { name: 'Your tokens' }).click()
    await page.getByRole('button', { name: 'Rotate' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click()
    await page.getByRole('button', { name: 'Copy token' }).waitFor()
    await page.keyboard.press('Escape')
    await page.goBack()
    await page.getByText('This is shown only now.').waitFor()
    await page.getByRole('button', { name: 'Stay' }).click()
    expect(await asksBeforeUnload(page)).to.equal(true)
    await page.getByRole('button', { name: 'Copy token' }).waitFor()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    expect(await asksBeforeUnload(page)).to.equal(false)
  })

  it('on the form of one’s own password', async () => {
    const { visitor, page } = await opened()
    await visitor.goTo('password')
    const current = page.getByLabel('Current password')
    await current.fill(PASSWORD)
    await staysAt(page, current, () => page.getByRole('menuitem', { name: 'Users' }).click(), PASSWORD)
    expect(await asksBeforeUnload(page)).to.equal(true)
    expect(await storage(page)).not.to.contain(PASSWORD)
  })

  it('in the own account: by its pages, its links and the sign-out', async () => {
    const { page } = await opened('/account/')
    await page.getByRole('link', { name: 'New token' }).click()
    const name = page.getByRole('textbox', { name: 'Name' })
    await name.fill(TYPED)
    await staysAt(page, name, () => page.getByRole('link', { name: 'Your sessions' }).click())
    await staysAt(page, name, () => page.getByRole('link', { name: 'API docs' }).click())
    await staysAt(page, name, () => page.getByRole('button', { name: 'Cancel' }).click())
    await staysAt(page, name, () => page.getByRole('button', { name: 'Sign out' }).click())
    await staysAt(page, name, () => page.goBack().then(() => {}))
    expect(await asksBeforeUnload(page)).to.equal(true)
    expect(await storage(page)).not.to.contain(TYPED)
  })
})

async function opened(path = '/admin/') {
  const asha = await makeUser({ username: 'asha', isStaff: true, isSuperuser: true })
  const visitor = await Visitor.openAs(asha, url)
  await visitor.page.goto(`${url}${path}`)
  return { asha, visitor, page: visitor.page }
}

/** The way is asked about, and not gone. */
async function staysAt(page: Page, field: Locator, go: () => Promise<void>, typed = TYPED) {
  const before = page.url()
  await go()
  const dialog = page.getByRole('dialog', { name: 'Leave without saving?' })
  await dialog.getByRole('button', { name: 'Stay' }).click()
  await dialog.waitFor({ state: 'hidden' })
  expect(page.url()).to.equal(before)
  expect(await field.inputValue()).to.equal(typed)
}

/** What a browser does before a page is closed or loaded anew: whoever prevents it has it ask. */
function asksBeforeUnload(page: Page): Promise<boolean> {
  return page.evaluate("!dispatchEvent(new Event('beforeunload', { cancelable: true }))")
}
