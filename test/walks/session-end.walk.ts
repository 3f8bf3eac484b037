import { expect } from 'chai'
import { endSession } from '../../src/identity/sessions/session.js'
import { Token } from '../../src/identity/tokens/token.js'
import { Employee } from '../../src/resources/employees/employee.js'
import { Visitor } from '../admin/browser.js'
import { makeEmployees, makeUser, PASSWORD, TESTER, url } from '../support.js'
import { storage } from './storage.js'
import { walk } from './walk.js'

walk('session ends', async ({ options, picture }) => {
  const asha = await makeUser({ username: 'asha', isStaff: true, isSuperuser: true })
  await makeUser({ username: 'ravi', isStaff: true })
  await makeEmployees({ empid: 7, empname: 'Ravi' })
  const visitor = await Visitor.openAs(asha, url, options)
  visitor.expectStatuses(400, 401)
  const { page } = visitor
  const dialog = page.getByRole('dialog', { name: 'Sign in again' })
  const focused = () => page.evaluate('document.activeElement.name')

  // By the keyboard alone: what was typed is saved after the password, and the wrong one costs nothing.
  await visitor.goTo('employees/7')
  await page.locator('input[name=empname]').fill('typed before')
  await endSessions(asha.id)
  await page.keyboard.press('Enter')
  await dialog.waitFor()
  await picture(page, 'asks')
  expect(await visitor.findings()).to.deep.equal([])
  expect(await focused()).to.equal('password')
  expect(await dialog.getByLabel('Username').inputValue()).to.equal('asha')
  expect(await dialog.getByLabel('Username').isEditable()).to.equal(false)
  expect(await storage(page)).not.to.contain('typed before')
  await page.keyboard.press('Escape')
  await page.keyboard.type('wrong')
  await page.keyboard.press('Enter')
  await dialog.getByText('Unable to log in with provided credentials.').waitFor()
  await dialog.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByText('Saved.').waitFor()
  await dialog.waitFor({ state: 'hidden' })
  expect((await Employee.findByPk(7))!.empname).to.equal('typed before')

  // What is added is added once.
  await visitor.goTo('employees/create')
  await page.locator('input[name=empid]').fill('8')
  await page.locator('input[name=empname]').fill('added once')
  await page.locator('input[name=salary]').fill('1.00')
  await endSessions(asha.id)
  await page.getByRole('button', { name: 'Save' }).click()
  await dialog.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Employee 8' }).waitFor()
  expect(await Employee.count()).to.equal(2)
  await dialog.waitFor({ state: 'hidden' })

  // Somebody else in another tab: nothing is done here in that one's name, and nothing is lost.
  await page.locator('input[name=empname]').fill('typed again')
  const other = await page.context().newPage()
  await other.goto(`${url}/admin/`)
  await other.getByRole('button', { name: /profile/i }).click()
  await other.getByRole('menuitem', { name: 'Sign out' }).click()
  await other.getByLabel('Username').fill('ravi')
  await other.getByLabel('Password').fill(PASSWORD)
  await other.getByRole('button', { name: 'Sign in' }).click()
  await other.getByText(/^Latchkey \d/).waitFor()
  await dialog.waitFor()
  await picture(page, 'elsewhere')
  await dialog.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'hidden' })
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').waitFor()
  expect((await Employee.findByPk(8))!.empname).to.equal('typed again')
  await other.close()

  // Who is not that user drops the work, and signs in anew.
  await page.locator('input[name=empname]').fill('never saved')
  await endSessions(asha.id)
  await page.getByRole('button', { name: 'Save' }).click()
  await dialog.getByRole('button', { name: 'Discard the work' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect((await Employee.findByPk(8))!.empname).to.equal('typed again')
})

async function endSessions(userId: number) {
  for (const { id } of await Token.findAll({ where: { kind: 'session', userId, revokedAt: null } }))
    await endSession({ id, userId }, TESTER)
}
