import { expect } from 'chai'
import { Visitor } from '../admin/browser.js'
import { makeEmployees, makeUser, PASSWORD, url } from '../support.js'
import { walk } from './walk.js'

walk('the docs page', async ({ options, picture }) => {
  await makeUser({ username: 'ravi' })
  await makeEmployees({ empid: 101, empname: 'Srinu' }, { empid: 102, empname: 'Ravi' })
  const visitor = await Visitor.open(url, options)
  const { page } = visitor
  const look = async (step: string) => {
    await picture(page, step)
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth'), step).to.equal(false)
  }
  // Of a page as long as this one it takes seconds.
  const noFindings = async (step: string) => expect(await visitor.findings(), step).to.deep.equal([])
  await page.goto(`${url}/docs/`)
  await page.getByText('Not signed in').waitFor()
  await page.locator('#operations-employees-listEmployees').waitFor()
  await look('opened')
  await noFindings('opened')

  const signIn = page.locator('#operations-tokens-obtainToken')
  await signIn.locator('.opblock-summary-control').click()
  await signIn.locator('textarea').fill(JSON.stringify({ username: 'ravi', password: PASSWORD }))
  await signIn.getByRole('button', { name: 'Execute' }).click()
  await page.getByText('Signed in with').waitFor()
  await look('signed in')
  await signIn.locator('.opblock-summary-control').click()

  const list = page.locator('#operations-employees-listEmployees')
  await list.locator('.opblock-summary-control').click()
  await list.getByRole('button', { name: 'Execute' }).click()
  await list.locator('.live-responses-table').waitFor()
  await list.scrollIntoViewIfNeeded()
  await look('a list of employees')
  await list.locator('.live-responses-table').scrollIntoViewIfNeeded()
  await look('its response')

  const bulk = page.locator('#operations-employees-createEmployee')
  await bulk.locator('.opblock-summary-control').click()
  await bulk.scrollIntoViewIfNeeded()
  await look('an operation with a body')
  // With the response above it still there.
  await noFindings('an operation with a body')

  await page.getByRole('button', { name: 'Authorize', exact: true }).click()
  await page.locator('.modal-ux').waitFor()
  await look('authorizing')
  await noFindings('authorizing')
})
