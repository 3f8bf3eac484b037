import { expect } from 'chai'
import { writeUses } from '../../src/identity/access/usage.js'
import { Token } from '../../src/identity/tokens/token.js'
import { Visitor } from '../admin/browser.js'
import { accountOf, clientOf, clientWithValue, makePersonal, makeUser, url } from '../support.js'
import { expectNoFindings, walk } from './walk.js'

walk('a token is edited', async ({ options, picture }) => {
  const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
  const ravi = await makeUser({ username: 'ravi' })
  const { token, value } = await makePersonal(ravi, { name: 'nightly', scopes: ['employees:read', 'tokens:read'] })
  const visitor = await Visitor.openAs(root, url, options)
  const { page } = visitor
  const name = page.getByLabel('Name', { exact: true })
  const read = () => Token.findByPk(token.id)

  await visitor.goTo(`tokens/${token.id}/show`)
  await page.getByRole('link', { name: 'Edit' }).click()
  await name.fill('monthly')
  await page.getByLabel('tokens:read').uncheck()
  await page.getByLabel('Expires').click()
  await page.getByRole('option', { name: 'In 30 days' }).click()
  await page.getByLabel('Works only from').fill('127.0.0.0/8, ::1')
  await page.getByLabel('Requests at most').fill('100')
  await picture(page, 'edit')
  await expectNoFindings(visitor, 'a token that is edited')

  // It goes on being used meanwhile.
  await clientWithValue(value).get('/api/emp_viewset')
  await writeUses()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').waitFor()
  expect(await read()).to.deep.include({ name: 'monthly', scopes: 'employees:read', networks: '127.0.0.0/8 ::1' })
  expect(await read()).to.include({ limitRequests: 100, limitSeconds: 60 })
  expect((await read())!.expiresAt!.getTime()).to.be.closeTo(Date.now() + 30 * 86_400_000, 120_000)
  expect((await clientWithValue(value).get('/api/emp_viewset')).status).to.equal(200)

  // What is wrong is told at its field.
  visitor.expectStatuses(400, 412)
  await page.getByLabel('Works only from').fill('127.0.0.1, nowhere')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('“nowhere”:').waitFor()
  await picture(page, 'a wrong network')
  await page.getByLabel('Works only from').fill('127.0.0.1')

  // Somebody else changes it meanwhile.
  await (await clientOf(root)).patch(`/api/tokens/${token.id}`).send({ name: 'weekly' })
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Someone else has changed this').waitFor()
  await picture(page, 'stale')
  await page.getByRole('button', { name: 'Reload' }).click()
  await page.locator('input[name=name][value=weekly]').waitFor()
  expect(await page.getByLabel('Works only from').inputValue()).to.equal('127.0.0.1')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').waitFor()
  expect(await read()).to.include({ name: 'weekly', networks: '127.0.0.1' })

  await name.fill('lost?')
  await page.goBack()
  await page.getByRole('button', { name: 'Stay' }).click()
  expect(await name.inputValue()).to.equal('lost?')
  await page.goBack()
  await page.getByRole('button', { name: 'Leave without saving' }).click()
  await page.getByRole('heading', { name: 'Token weekly' }).waitFor()
  await page.getByText('100 requests in 1 minute').waitFor()
  await picture(page, 'shown')
  await expectNoFindings(visitor, 'a token')

  // What cannot be edited says why.
  await page.getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await page.getByText('This token has ended').waitFor()
  expect(await page.getByRole('link', { name: 'Edit' }).count()).to.equal(0)
  await accountOf(ravi)
  const account = (await Token.findOne({ where: { userId: ravi.id, kind: 'account' } }))!
  await visitor.goTo(`tokens/${account.id}`)
  await page.getByText('stands for its user').waitFor()
})

walk('a token is added, and nothing that was typed is lost', async ({ options, picture }) => {
  const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
  await makeUser({ username: 'ravi' })
  const visitor = await Visitor.openAs(root, url, options)
  const { page } = visitor
  await visitor.goTo('tokens')
  await page.getByText('No tokens yet').waitFor()
  await page.getByRole('link', { name: 'Add token' }).first().click()
  await page.getByRole('combobox', { name: 'User' }).fill('rav')
  await page.getByRole('option', { name: 'ravi' }).click()
  await page.getByLabel('Personal token').check()
  await page.getByRole('textbox', { name: 'Name' }).fill('nightly')
  await page.getByLabel('employees:read').check()
  await page.getByText('See employees.').waitFor()
  await page.getByLabel('Requests at most').fill('5')
  await page.getByLabel('Account token').check()
  await page.getByLabel('Personal token').check()
  expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).to.equal('nightly')
  expect(await page.getByLabel('employees:read').isChecked()).to.equal(true)
  await picture(page, 'add')
  await expectNoFindings(visitor, 'a token that is added')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Copy token' }).click()
  const value = await visitor.clipboard()
  await page.goBack()
  await page.getByText('This is shown only now.').waitFor()
  await picture(page, 'shown once')
  await page.getByRole('button', { name: 'Stay' }).click()
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByText('5 requests in 1 minute').waitFor()
  expect((await clientWithValue(value).get('/api/emp_viewset')).status).to.equal(200)
})
