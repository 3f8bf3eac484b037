import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { write } from '../../src/platform/database/write-queue.js'
import { Employee } from '../../src/resources/employees/employee.js'
import { Visitor } from '../admin/browser.js'
import { expectWithin } from '../process.js'
import { makeEmployees, makeMany, makePersonal, makeUser, url } from '../support.js'
import { walk } from './walk.js'

const EMPLOYEES = { empid: 'n', empname: "'Employee ' || n", salary: '20000 + n' }

/** Nothing is wider than its place: neither the page, nor a table in it. */
async function cut(page: Page): Promise<string[]> {
  return page.evaluate(`[document.documentElement, ...document.querySelectorAll('.RaDataTable-tableWrapper')]
    .filter((element) => element.scrollWidth > element.clientWidth + 1).map((element) => element.className || 'the page')`)
}

/** A table is measured once its rows are there, and then shown in another form. */
async function expectNothingCut(page: Page, where: string): Promise<void> {
  await expectWithin(2000, async () => (await cut(page)).length === 0).catch(async () =>
    expect(await cut(page), where).to.deep.equal([]),
  )
}

walk('lists', async ({ width, options, picture }) => {
  await makeMany('employees', 1200, EMPLOYEES)
  const owner = await makeUser({ isSuperuser: true, isStaff: true })
  await makePersonal(owner, { name: 'nightly export of the payroll' })
  const visitor = await Visitor.openAs(owner, url, options)
  const { page } = visitor

  // What is there.
  await visitor.goTo('employees')
  await page.getByText('1 to 25 of 1200').waitFor()
  await expectNothingCut(page, 'employees')
  await picture(page, 'employees')
  expect(await visitor.findings()).to.deep.equal([])

  // The bar stays where it is.
  await page.evaluate('scrollTo(0, document.body.scrollHeight)')
  const { y } = (await page.getByRole('banner').boundingBox())!
  expect(y).to.equal(0)
  await picture(page, 'scrolled')

  // Nothing matches, which is another thing than nothing at all.
  await page.getByRole('textbox', { name: 'Search employees' }).fill('nobody has this name')
  await page.getByText('Nothing matches your search.').waitFor()
  await picture(page, 'no-match')
  await page.getByRole('button', { name: 'Clear search and filters' }).click()
  await page.getByText('1 to 25 of 1200').waitFor()

  // The server is away, and comes back.
  await visitor.loseServer()
  await page.getByRole('button', { name: 'Go to next page' }).click()
  const failure = page.getByRole('alert').filter({ hasText: 'This list could not be loaded.' })
  await failure.waitFor()
  expect(await page.getByText('Employee 1', { exact: true }).count()).to.equal(0)
  await picture(page, 'away')
  expect(await visitor.findings()).to.deep.equal([])
  await visitor.findServer()
  await failure.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('26 to 50 of 1200').waitFor()

  // Several at once, with the right plural.
  const boxes = page.getByRole('checkbox', { name: /^Select/ })
  await boxes.nth(1).check()
  await page.getByText('1 row selected').waitFor()
  await boxes.nth(2).check()
  await page.getByText('2 rows selected').waitFor()
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByText('Delete these 2 rows?').waitFor()
  await picture(page, 'delete')
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByText('26 to 50 of 1198').waitFor()

  for (const section of ['tokens', 'users', 'groups', 'scopes', 'events']) {
    await visitor.goTo(section)
    await page.getByRole('link').first().waitFor()
    await page.waitForLoadState('networkidle')
    await expectNothingCut(page, section)
    await picture(page, section)
    expect(await visitor.findings(), section).to.deep.equal([])
  }

  // As at a zoom of 200 %: half as many pixels for the same window.
  await page.setViewportSize({ width: Math.max(320, width / 2), height: 450 })
  for (const section of ['tokens', 'users', 'employees', 'events']) {
    await visitor.goTo(section)
    await page
      .getByRole('main')
      .getByRole('link', { name: section === 'tokens' ? /lk_/ : /\d/ })
      .first()
      .waitFor()
    await expectNothingCut(page, `${section} at 200 %`)
    await picture(page, `${section}-zoomed`)
  }
})

walk('an empty list', async ({ options, picture }) => {
  const visitor = await Visitor.openAs(await makeUser({ isSuperuser: true, isStaff: true }), url, options)
  await visitor.goTo('employees')
  await visitor.page.getByText('No employees yet').waitFor()
  await picture(visitor.page, 'empty')
  expect(await visitor.findings()).to.deep.equal([])
})

walk('an export and its import', async ({ options, picture }) => {
  const names = ['=1+1', "'=1", "O'Neill", ' "a", b; c', '-5', 'Zoë\u00a0x']
  const rows = names.map((empname, index) => ({ empid: index + 1, empname: empname.trim(), salary: '1.50' }))
  await makeEmployees(...rows)
  const visitor = await Visitor.openAs(await makeUser({ isSuperuser: true, isStaff: true }), url, options)
  const { page } = visitor
  await visitor.goTo('employees')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export CSV' }).click(),
  ])
  const bytes = readFileSync(await download.path())
  await write((transaction) => Employee.destroy({ where: {}, transaction }))
  await visitor.goTo('employees/import')
  await page.locator('input[type=file]').setInputFiles({ name: 'employees.csv', mimeType: 'text/csv', buffer: bytes })
  await page.getByText('All 6 rows are valid.').waitFor()
  await picture(page, 'preview')
  await page.getByRole('button', { name: 'Add all 6 rows' }).click()
  await page.getByText('All 6 rows were added.').waitFor()
  const found = await Employee.findAll({ order: ['empid'], raw: true })
  expect(found.map(({ empid, empname }) => ({ empid, empname }))).to.deep.equal(
    rows.map(({ empid, empname }) => ({ empid, empname })),
  )
})
