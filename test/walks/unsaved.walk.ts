import { expect } from 'chai'
import { Visitor } from '../admin/browser.js'
import { makeEmployees, makeUser, url } from '../support.js'
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
