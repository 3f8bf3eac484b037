import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { Event } from '../../src/audit/event.js'
import { User } from '../../src/identity/users/user.js'
import { Employee } from '../../src/resources/employees/employee.js'
import { Visitor } from '../admin/browser.js'
import { makeEmployees, makeUser, url } from '../support.js'
import { storage } from './storage.js'
import { walk } from './walk.js'

async function give(page: Page, text: string | Buffer, name = 'rows.csv') {
  await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })
}

walk('import of employees', async ({ options, picture }) => {
  await makeEmployees({ empid: 7, empname: 'Anu', salary: '1' })
  const visitor = await Visitor.openAs(await makeUser({ isSuperuser: true, isStaff: true }), url, options)
  const { page } = visitor
  visitor.expectStatuses(400, 409)
  await visitor.goTo('employees')
  await page.getByRole('link', { name: 'Import CSV' }).click()
  await page.getByRole('button', { name: 'Choose a CSV file' }).waitFor()
  await picture(page, 'choose')
  expect(await visitor.findings()).to.deep.equal([])

  // Files that are none.
  const refused: [file: string | Buffer, sentence: RegExp][] = [
    ['', /The file is empty/],
    ['empid,empname,salary\r\n', /no rows below the first line/],
    ['empid,empname,wage\r\n1,a,2\r\n', /The column “wage” is unknown/],
    ['empid,empname,wage\r\n1,a,2\r\n', /There is no column salary/],
    ['empid,empname,salary,password\r\n1,a,2,x\r\n', /looks like passwords/],
    ['empid,empname,salary,Salary\r\n1,a,2,3\r\n', /two columns salary/],
    [Buffer.from('empid,empname,salary\r\n1,Zoë,2\r\n', 'latin1'), /Line 2 cannot be read: it is not UTF-8/],
    [Buffer.from('\ufeffempid,empname,salary\r\n', 'utf16le'), /UTF-16/],
    ['empid,empname,salary\r\n1,"a,2\r\n', /quotes are not closed/],
    [`empid,empname,salary\r\n${'1,a,2\r\n'.repeat(1001)}`, /1001 rows.*latchkey import csv --resource employees/],
  ]
  for (const [file, sentence] of refused) {
    await give(page, file)
    await page.getByText(sentence).waitFor()
  }
  await picture(page, 'refused')

  // Every row's mistakes, of types, of rules and of what is there, before anything is stored.
  await give(
    page,
    '\ufeffEmployee number;Name;Salary\n1;Anu;100\nx;Ravi;1\n2;;5\n7;Mei;9\n1;Twice;9\n3;"a name that is far too long";1,5\n',
  )
  await page.getByText('5 of 6 rows have errors.').waitFor()
  await page.getByText('emp with this empid already exists.').first().waitFor()
  expect(await page.getByRole('button', { name: 'Add all 6 rows' }).isEnabled()).to.equal(false)
  expect(await Employee.count()).to.equal(1)
  await picture(page, 'errors')
  expect(await visitor.findings()).to.deep.equal([])

  // Mended, and the response of the write is lost.
  await give(page, 'empid,empname,salary\r\n1,\'=1+1,100\r\n2,"O\'Neill, B.",1.50\r\n')
  await page.getByText('All 2 rows are valid.').waitFor()
  await picture(page, 'ready')
  visitor.expectLosses()
  let isLost = true
  await page.route('**/bulk', async (route) => {
    if (!isLost) return route.fallback()
    isLost = false
    await route.fetch()
    await route.abort()
  })
  await page.getByRole('button', { name: 'Add all 2 rows' }).click()
  await page.getByText('If you try again, nothing is added twice.').waitFor()
  await picture(page, 'lost')
  await page.getByRole('button', { name: 'Add all 2 rows' }).click()
  await page.getByText('All 2 rows were added.').waitFor()
  await picture(page, 'done')
  const found = await Employee.findAll({ order: ['empid'], raw: true })
  expect(found.map(({ empid, empname }) => [empid, empname])).to.deep.equal([
    [1, '=1+1'],
    [2, "O'Neill, B."],
    [7, 'Anu'],
  ])
})

walk('import of users', async ({ options, picture }) => {
  const visitor = await Visitor.openAs(await makeUser({ isSuperuser: true, isStaff: true }), url, options)
  const { page } = visitor
  visitor.expectStatuses(400, 409)
  await visitor.goTo('users/import')
  await give(page, 'id,username,email,is_active\r\n5,ravi,ravi@example.com,TRUE\r\n6,b c,,yes\r\n')
  await page.getByText('One of 2 rows has an error.').waitFor()
  await page.getByText('The column id is left out').waitFor()
  await picture(page, 'errors')
  await give(page, 'username,email,is_active\r\nravi,ravi@example.com,TRUE\r\nmei,,yes\r\noff,,no\r\n')
  await page.getByRole('button', { name: 'Add all 3 rows' }).click()
  await page.getByText('All 3 rows were added.').waitFor()
  expect(await User.count({ where: { username: ['ravi', 'mei', 'off'] } })).to.equal(3)
  expect(await Event.count({ where: { action: 'users.imported' } })).to.equal(1)
  await picture(page, 'added')
  await page.getByRole('button', { name: 'Make 2 links' }).click()
  await page.getByText('2 of 2 links made.').waitFor()
  await picture(page, 'links')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download the links (CSV)' }).click(),
  ])
  const lines = readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\r\n')
  expect(lines).to.have.lengthOf(3)
  expect(lines[1]).to.match(/^ravi,ravi@example\.com,http.*\/account\/#password=/)
  expect(await storage(page)).not.to.include('password=')
  expect(await visitor.findings()).to.deep.equal([])
})
