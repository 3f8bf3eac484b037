import { expect } from 'chai'
import { Visitor } from '../admin/browser.js'
import { makeEmployees, makeUser, url } from '../support.js'
import { walk } from './walk.js'

walk('the small pages', async ({ options, picture }) => {
  const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
  const names = ['<script>x()</script>', 'Srinu', 'रवि', 'Ravi', 'a long name of words']
  await makeEmployees(...names.map((empname, index) => ({ empid: 101 + index, empname })))
  const stranger = await Visitor.open(url, options)
  stranger.expectStatuses(401, 404)
  const look = async (visitor: Visitor, step: string) => {
    await picture(visitor.page, step)
    expect(await visitor.findings(), step).to.deep.equal([])
    expect(await visitor.page.evaluate('document.documentElement.scrollWidth > innerWidth'), step).to.equal(false)
  }
  await stranger.page.goto(`${url}/api/emp_viewset`)
  await stranger.page.getByRole('heading', { name: 'Not authenticated (401)' }).waitFor()
  await look(stranger, 'not signed in')
  await stranger.page.getByRole('link', { name: 'What this means, and what to do' }).click()
  await stranger.page.getByRole('heading', { name: 'What to do' }).waitFor()
  await look(stranger, 'what it means')
  await stranger.page.goto(`${url}/nowhere`)
  await look(stranger, 'an unknown path')

  const visitor = await Visitor.openAs(root, url, options)
  const { page } = visitor
  await page.goto(`${url}/api/`)
  await look(visitor, 'the root')
  await page.getByRole('link', { name: '/api/emp_viewset' }).click()
  await page.getByRole('heading', { name: 'List employees' }).waitFor()
  expect(await page.locator('pre').textContent())
    .to.contain('<script>x()</script>')
    .and.contain('रवि')
  await look(visitor, 'employees')
  await page.goto(`${url}/api/emp_viewset?limit=2`)
  await page.getByRole('link', { name: 'Next page' }).click()
  await page.getByText('103').waitFor()
  await look(visitor, 'the next page')
  await page.getByRole('link', { name: 'API docs' }).click()
  await page.locator('#operations-employees-listEmployees').getByRole('button', { name: 'Execute' }).waitFor()
  await look(visitor, 'its operation in the docs')
})
