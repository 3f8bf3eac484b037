import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { Group } from '../../src/identity/groups/group.js'
import { Visitor } from '../admin/browser.js'
import { accountOf, anonymous, cookieFor, makePersonal, makeUser, TESTER, url } from '../support.js'
import { expectNoFindings, walk } from './walk.js'

function focused(page: Page): Promise<string> {
  return page.evaluate('document.activeElement.textContent')
}

walk('a user who is disabled, and one who is deleted', async ({ options, picture }) => {
  const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
  await Group.add({ name: 'payroll', scopes: [] }, TESTER)
  const ravi = await makeUser({ username: 'ravi', groups: ['payroll'] })
  for (const name of ['nightly', 'backup', 'sync', 'import', 'export', 'last']) await makePersonal(ravi, { name })
  await accountOf(ravi)
  await cookieFor(ravi)
  const visitor = await Visitor.openAs(root, url, options)
  const { page } = visitor

  await visitor.goTo(`users/${ravi.id}`)
  await page.getByRole('button', { name: 'Disable' }).click()
  await page.getByText('It also stops 7 tokens and 1 session at once.').waitFor()
  await picture(page, 'disable')
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
  await page.getByText('7 tokens do not work until the user is enabled.').waitFor()
  await page.getByText('user disabled').first().waitFor()
  await picture(page, 'disabled')
  await expectNoFindings(visitor, 'the page of a disabled user')

  await page.getByRole('link', { name: 'nightly' }).click()
  await page.getByText('It works again when ravi is enabled.').waitFor()
  await picture(page, 'token of a disabled user')
  await expectNoFindings(visitor, 'the token of a disabled user')
  await visitor.goTo(`tokens?filter=${encodeURIComponent('{"state":"disabled"}')}`)
  await page.getByText('1 to 7 of 7').waitFor()
  expect(await page.getByText('user disabled', { exact: true }).count()).to.be.greaterThan(6)

  await visitor.goTo(`users/${ravi.id}`)
  await page.getByRole('button', { name: 'Enable' }).click()
  await page.getByText('7 of their tokens work again.').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Enable' }).click()
  await page.getByText('The user is active again, and 7 of their tokens work again.').waitFor()

  await page.getByRole('button', { name: 'Delete' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('7 tokens, which end at once:').waitFor()
  await dialog.getByText('and 2 more').waitFor()
  await dialog.getByText('Its memberships of: payroll.').waitFor()
  await dialog.getByRole('button', { name: 'Disable instead' }).waitFor()
  expect(await focused(page)).to.equal('Cancel')
  await picture(page, 'delete')
  await expectNoFindings(visitor, 'the question before a user is deleted')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await page.getByText('ravi is deleted.').waitFor()
  await visitor.goTo('tokens?filter={}')
  await page.getByText(`deleted user ${ravi.id}`).first().waitFor()
  await picture(page, 'records of a deleted user')
})

walk('a user who gets a link instead of a password', async ({ options, picture }) => {
  const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
  const visitor = await Visitor.openAs(root, url, options)
  const { page } = visitor
  await visitor.goTo('users')
  await page.getByRole('link', { name: 'Add user' }).click()
  await page.getByRole('textbox', { name: 'Username' }).fill('sita')
  expect(await page.getByRole('radio', { name: /^With a link/ }).isChecked()).to.equal(true)
  await picture(page, 'add')
  await expectNoFindings(visitor, 'adding a user')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Copy link' }).click()
  await page.getByText('Copied.').waitFor()
  await picture(page, 'link')
  await expectNoFindings(visitor, 'the link')
  const link = await visitor.clipboard()
  expect(link).to.match(new RegExp(`^${url}/account/#password=`))
  await page.goBack()
  await page.getByText('This is shown only now.').waitFor()
  await page.getByRole('button', { name: 'Stay' }).click()
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('heading', { name: 'User sita' }).waitFor()
  expect(await page.content()).not.to.contain(link)
  const secret = link.split('=')[1]
  const { status } = await anonymous().post('/api/password-link').send({ secret, password: 'tea-for-2-at-4' })
  expect(status).to.equal(200)

  await page.getByRole('button', { name: 'Make a password link' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Make link' }).click()
  await page.getByRole('button', { name: 'Copy link' }).waitFor()
  await page.getByRole('button', { name: 'Done' }).click()
})
