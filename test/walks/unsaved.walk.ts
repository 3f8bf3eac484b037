import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { Employee } from '../../src/resources/employees/employee.js'
import { Visitor } from '../admin/browser.js'
import { makeUser, url } from '../support.js'
import { walk } from './walk.js'

const TYPED = 'typed-and-not-saved'

walk('unsaved work', async ({ options, picture }) => {
  const asha = await makeUser({ username: 'asha', isStaff: true, isSuperuser: true })
  await Employee.create({ empid: 7, empname: 'Ravi', salary: '100.00' } as never)
  const visitor = await Visitor.openAs(asha, url, options)
  const { page } = visitor
  const dialog = page.getByRole('dialog', { name: 'Leave without saving?' })
  const name = page.getByLabel('Empname')

  await visitor.goTo('employees')
  await page.getByRole('link', { name: '7' }).first().click()
  await name.fill(TYPED.slice(0, 18))

  // Back, by the keyboard alone.
  await page.goBack()
  await dialog.waitFor()
  await picture(page, 'asks')
  expect(await visitor.findings()).to.deep.equal([])
  expect(await page.evaluate('document.activeElement.textContent')).to.equal('Stay')
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'hidden' })
  expect(await name.inputValue()).to.equal(TYPED.slice(0, 18))
  expect(page.url()).to.contain('#/employees/7')
  await page.goBack()
  await dialog.waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  expect(await name.inputValue()).to.equal(TYPED.slice(0, 18))

  // An address typed into the bar.
  await page.evaluate("location.hash = '#/users'")
  await dialog.waitFor()
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'hidden' })
  expect(page.url()).to.contain('#/employees/7')
  expect(await name.inputValue()).to.equal(TYPED.slice(0, 18))

  expect(await storage(page)).not.to.contain(TYPED.slice(0, 18))

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

export function storage(page: Page): Promise<string> {
  return page.evaluate('JSON.stringify([localStorage, sessionStorage, history.state, location.href, document.cookie])')
}
