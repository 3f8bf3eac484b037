import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { decimalText } from '../../src/api/values.js'
import { Group } from '../../src/identity/groups/group.js'
import { hashPassword } from '../../src/identity/users/password.js'
import type { User } from '../../src/identity/users/user.js'
import { write } from '../../src/platform/database/write-queue.js'
import { Employee } from '../../src/resources/employees/employee.js'
import { makeEmployees, makeMany, makePersonal, makeUser, TESTER, url } from '../support.js'
import { closeVisitors, Visitor } from './browser.js'

describe('a section of the admin site', function () {
  this.timeout(60_000)
  afterEach(closeVisitors)

  it('adds, changes and deletes', async () => {
    const visitor = await Visitor.openAs(await root(), url)
    const { page } = visitor
    await visitor.goTo('employees')
    await page.getByText('No employees yet').waitFor()
    await page.getByRole('link', { name: 'Add employee' }).click()
    await page.getByLabel('Employee number').fill('101')
    await page.getByLabel('Name').fill('Srinu')
    await page.getByLabel('Salary').fill('20000')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Employee 101' }).waitFor()
    expect(decimalText((await Employee.findByPk(101))!.salary, 2)).to.equal('20000.00')
    await page.getByLabel('Name').fill('Srinivas')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    expect((await Employee.findByPk(101))!.empname).to.equal('Srinivas')
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click()
    await page.getByText('No employees yet').waitFor()
    expect(await Employee.count()).to.equal(0)
  })

  it('holds a form to the schema, and shows what the server refuses at its field', async () => {
    await makeEmployees({ empid: 101 })
    const visitor = await Visitor.openAs(await root(), url)
    visitor.expectStatuses(409)
    const { page } = visitor
    await visitor.goTo('employees/create')
    await page.getByLabel('Employee number').fill('101')
    await page.getByLabel('Name').fill('a name that is far too long')
    await page.getByLabel('Salary').fill('1.234')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('At most 20 characters, please').waitFor()
    await page.getByText('This does not have the right format.').waitFor()
    await page.getByLabel('Name').fill('Srinu')
    await page.getByLabel('Salary').fill('1.23')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('emp with this empid already exists.').waitFor()
    expect(await page.getByLabel('Employee number').getAttribute('aria-invalid')).to.equal('true')
    expect(await Employee.count()).to.equal(1)
  })

  it('overwrites nothing that somebody else has changed in the meantime', async () => {
    await makeEmployees({ empid: 101 })
    const visitor = await Visitor.openAs(await root(), url)
    visitor.expectStatuses(412)
    const { page } = visitor
    await visitor.goTo('employees/101')
    await page.getByLabel('Salary').fill('1')
    await rename(101, 'Ravi')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Someone else has changed this').waitFor()
    expect(decimalText((await Employee.findByPk(101))!.salary, 2)).to.equal('20000.00')
    await page.getByRole('button', { name: 'Reload' }).click()
    await page.locator('input[name=empname][value=Ravi]').waitFor()
    await page.getByLabel('Salary').fill('1')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    expect(await Employee.findByPk(101)).to.include({ empname: 'Ravi' })
    expect(decimalText((await Employee.findByPk(101))!.salary, 2)).to.equal('1.00')
  })

  it('waits for the record as it is now when it is opened from the list', async () => {
    await makeEmployees({ empid: 101 })
    const visitor = await Visitor.openAs(await root(), url)
    const { page } = visitor
    await visitor.goTo('employees')
    await page.getByRole('link', { name: '101' }).waitFor()
    await rename(101, 'Ravi')
    let answer = () => {}
    const asked = new Promise<void>((resolve) => {
      void page.route('**/api/emp_viewset/101', async (route) => {
        resolve()
        await new Promise<void>((go) => {
          answer = go
        })
        await route.continue()
      })
    })
    await page.getByRole('link', { name: '101' }).click()
    await asked
    expect(await page.getByLabel('Name').count()).to.equal(0)
    answer()
    await page.locator('input[name=empname][value=Ravi]').waitFor()
  })

  it('goes back to the list from a record that was opened by its link', async () => {
    await makeEmployees({ empid: 101 })
    const visitor = await Visitor.openAs(await root(), url)
    const { page } = visitor
    await visitor.goTo('employees')
    await page.getByRole('link', { name: '101' }).click()
    await page.getByRole('heading', { name: 'Employee 101' }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { name: 'Employees' }).waitFor()
  })

  it('shows a record to who may read and not change it', async () => {
    await makeEmployees({ empid: 101 })
    await write((transaction) =>
      Group.update({ scopes: 'employees:read' }, { where: { name: 'everyone' }, transaction }),
    )
    const visitor = await Visitor.openAs(await makeUser({ username: 'sita', isStaff: true }), url)
    const { page } = visitor
    await visitor.goTo('employees/101')
    await page.getByLabel('Name').waitFor()
    expect(await page.getByLabel('Name').isEditable()).to.equal(false)
    expect(await page.getByRole('button', { name: 'Save' }).count()).to.equal(0)
  })

  it('pages and sorts 100,000 employees', async () => {
    await makeMany('employees', 100_000, { empid: 'n', empname: "'e' || n", salary: '100000 - n' })
    const visitor = await Visitor.openAs(await root(), url)
    const { page } = visitor
    await visitor.goTo('employees')
    await page.getByText('1 to 25 of 100000').waitFor()
    await page.getByRole('button', { name: 'Go to page 4000' }).click()
    await page.getByText('99976 to 100000 of 100000').waitFor()
    await page.getByRole('link', { name: '100000' }).waitFor()
    await page.getByRole('columnheader', { name: 'Salary' }).getByRole('button').click()
    await page.getByText('1 to 25 of 100000').waitFor()
    await page.locator('tbody tr').first().getByText('e100000').waitFor()
    expect(await page.locator('tbody tr').first().innerText()).to.match(/100000\s+e100000\s+0.00/)
    await page.getByLabel('Search employees').fill('e99999')
    await page.getByText('1 to 1 of 1').waitFor()
    expect(await page.locator('tbody tr').first().innerText()).to.contain('e99999')
    expect(page.url()).to.contain('e99999')
  })

  it('filters by a field', async () => {
    await makeEmployees({ empid: 1, salary: '10' }, { empid: 2, salary: '20' }, { empid: 3, salary: '30' })
    const visitor = await Visitor.openAs(await root(), url)
    const { page } = visitor
    await visitor.goTo('employees')
    await page.getByRole('button', { name: 'Filter' }).click()
    await page.getByRole('menuitemcheckbox', { name: 'Salary from' }).click()
    await page.getByLabel('Salary from').fill('20')
    await page.getByText('1 to 2 of 2').waitFor()
  })

  it('finds a user among 10,000 for a new token', async () => {
    const { passwordHash, passwordKey } = await hashPassword('unused-password', 'test')
    await makeMany('users', 10_000, {
      username: "'user-' || n",
      username_folded: "'user-' || n",
      email: "''",
      password_hash: `'${passwordHash}'`,
      password_key: `'${passwordKey}'`,
      is_active: 'TRUE',
      is_staff: 'FALSE',
      is_superuser: 'FALSE',
      date_joined: "'2026-11-24 00:00:00.000 +00:00'",
    })
    const visitor = await Visitor.openAs(await root(), url)
    const { page } = visitor
    await visitor.goTo('tokens/create')
    await page.getByRole('combobox', { name: 'User' }).fill('user-9876')
    await page.getByRole('option', { name: 'user-9876' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Copy token' }).waitFor()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('link', { name: 'user-9876' }).waitFor()
  })

  it('deletes many at once, after asking, and tells which could not go', async () => {
    await Group.add({ name: 'payroll', scopes: [] }, TESTER)
    const { id } = await Group.add({ name: 'readers', scopes: [] }, TESTER)
    const visitor = await Visitor.openAs(await root(), url)
    visitor.expectStatuses(404)
    const { page } = visitor
    await visitor.goTo('groups')
    await page.getByRole('link', { name: 'readers' }).waitFor()
    // The built-in group cannot be chosen.
    await page.getByRole('checkbox', { name: 'Select all' }).check()
    await Group.remove(id, TESTER, () => {})
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click()
    await page.getByText(/^1 of 2 could not be deleted/).waitFor()
    expect((await Group.findAll()).map(({ name }) => name)).to.deep.equal(['everyone'])
  })

  it('exports what its filters show, with nothing that a spreadsheet would run', async () => {
    await makeEmployees(
      { empid: 1, empname: '=HYPERLINK("x")' },
      { empid: -2, empname: '+1', salary: '-5' },
      { empid: 3, empname: 'a "b", c' },
      { empid: 4, empname: '@SUM(1)' },
      { empid: 5, empname: '-1+1' },
    )
    const visitor = await Visitor.openAs(await root(), url)
    const { page } = visitor
    await visitor.goTo('employees')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export CSV' }).click(),
    ])
    expect(download.suggestedFilename()).to.equal('employees.csv')
    expect(await readFile(await download.path(), 'utf8')).to.equal(
      '\ufeffempid,empname,salary\r\n' +
        "-2,'+1,-5.00\r\n" +
        '1,"\'=HYPERLINK(""x"")",20000.00\r\n' +
        '3,"a ""b"", c",20000.00\r\n' +
        "4,'@SUM(1),20000.00\r\n" +
        "5,'-1+1,20000.00\r\n",
    )
  })

  it('is there only for who may read it', async () => {
    const sita = await makeUser({ username: 'sita', isStaff: true })
    const visitor = await Visitor.openAs(sita, url)
    await visitor.goTo('')
    await visitor.page.getByText(/^Latchkey \d/).waitFor()
    const names = await visitor.page.getByRole('menuitem').allInnerTexts()
    expect(names.map((name) => name.trim())).to.deep.equal(['Home', 'Tokens', 'Employees', 'API docs'])
  })

  it('links events to what they are about, and verifies the trail', async () => {
    const { token } = await makePersonal(await makeUser({ username: 'ravi' }))
    const visitor = await Visitor.openAs(await root(), url)
    const { page } = visitor
    await visitor.goTo(`tokens/${token.id}/show`)
    await page.getByRole('link', { name: 'Events' }).click()
    await page.getByText('token.created').waitFor()
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.getByText(/^All \d+ events are as they were written\.$/).waitFor()
    await page.getByRole('link', { name: `token:${token.id}` }).click()
    await page.getByRole('heading', { name: 'Token test' }).waitFor()
  })

  it('says so when the server is away, and goes on when it is back', async () => {
    const visitor = await Visitor.openAs(await root(), url)
    visitor.expectStatuses(503)
    const { page } = visitor
    await visitor.goTo('')
    await page.getByText(/^Latchkey \d/).waitFor()
    // A proxy in front answers in the server's place.
    await page.route('**/api/employees*', (route) => route.abort())
    await page.route('**/api/emp_viewset*', (route) => route.fulfill({ status: 503, body: '<html>Bad gateway</html>' }))
    await page.getByRole('menuitem', { name: 'Employees' }).click()
    await page.getByText('The server does not answer.').first().waitFor()
    await page.unroute('**/api/emp_viewset*')
    await page.getByRole('button', { name: 'Refresh' }).click()
    await page.getByText('No employees yet').waitFor()
  })
})

function root(): Promise<User> {
  return makeUser({ username: 'root', isSuperuser: true, isStaff: true })
}

/** As somebody else would meanwhile. */
function rename(empid: number, empname: string) {
  return write((transaction) => Employee.update({ empname }, { where: { empid }, transaction }))
}
