import { expect } from 'chai'
import { Token } from '../../src/identity/tokens/token.js'
import { Visitor } from '../admin/browser.js'
import { anonymous, clientOf, clientWithValue, makePersonal, makeUser, PASSWORD, url } from '../support.js'
import { storage } from './storage.js'
import { walk } from './walk.js'

walk('own account', async ({ options, picture }) => {
  const ravi = await makeUser({ username: 'ravi' })
  await Visitor.openAs(ravi, url)
  const visitor = await Visitor.open(url, options)
  const { page } = visitor
  const looks = async (step: string) => {
    await picture(page, step)
    expect(await visitor.findings(), step).to.deep.equal([])
    expect(
      await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
      `${step} is too wide`,
    ).to.be.at.most(0)
  }

  await page.goto(`${url}/account/`)
  await looks('sign-in')
  await page.keyboard.type('ravi')
  await page.keyboard.press('Tab')
  await page.keyboard.type(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Welcome' }).waitFor()
  await looks('welcome')

  // By the keyboard alone: a token of 90 days with one scope, copied, renamed and revoked.
  await visitor.tabTo('Make your first token')
  await page.keyboard.press('Enter')
  await page.getByRole('checkbox', { name: 'employees:read' }).waitFor()
  await page.keyboard.type('nightly report')
  await visitor.tabTo('employees:read')
  await page.keyboard.press('Space')
  await looks('new-token')
  await visitor.tabTo('Make token')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await looks('value')
  await visitor.tabTo('Copy token')
  await page.keyboard.press('Enter')
  await page.getByText('Copied.').waitFor()
  const value = await visitor.clipboard()
  expect((await (await clientWithValue(value)).get('/api/emp_viewset')).status).to.equal(200)
  const made = (await Token.findOne({ where: { kind: 'personal' } }))!
  expect(made).to.include({ name: 'nightly report', userId: ravi.id })
  expect((made.expiresAt!.getTime() - Date.now()) / 86_400_000).to.be.closeTo(90, 0.1)
  await visitor.tabTo('Done')
  await page.keyboard.press('Enter')
  const card = page.getByRole('article', { name: 'nightly report' })
  await card.waitFor()
  await page.evaluate('scrollTo(0, 0)')
  await looks('tokens')
  expect(await storage(page)).not.to.contain(value)

  await visitor.tabTo('Rename')
  await page.keyboard.press('Enter')
  await page.getByRole('textbox', { name: 'Name' }).waitFor()
  await page.keyboard.press('Control+A')
  await page.keyboard.type('monthly report')
  await page.keyboard.press('Enter')
  await page.getByRole('article', { name: 'monthly report' }).waitFor()
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  await visitor.tabTo('Revoke')
  await page.keyboard.press('Enter')
  await looks('revoke')
  expect(await page.evaluate('document.activeElement.textContent')).to.equal('Cancel')
  await visitor.tabTo('Revoke')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Welcome' }).waitFor()
  expect((await (await clientWithValue(value)).get('/api/emp_viewset')).status).to.equal(401)

  await page.getByRole('link', { name: 'Your sessions' }).click()
  await page.getByText('this one').waitFor()
  await looks('sessions')
  await page.getByRole('button', { name: 'End all others' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'End all others' }).click()
  await page.getByRole('button', { name: 'End all others' }).waitFor({ state: 'detached' })
  expect(await Token.count({ where: { kind: 'session', revokedAt: null } })).to.equal(1)

  await page.getByRole('link', { name: 'Password' }).click()
  await page.getByLabel('Current password').fill(PASSWORD)
  await page.locator('input[name=password]').fill('tea-for-2-at-4')
  await page.getByLabel('New password again').fill('tea-for-2-at-4')
  await looks('password')
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('Your password is changed.').waitFor()
  const again = await anonymous().post('/gettoken/').send({ username: 'ravi', password: 'tea-for-2-at-4' })
  expect(again.status).to.equal(200)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()

  // Who is not staff is led here, with words.
  await page.goto(`${url}/admin/`)
  await visitor.enter('ravi', 'tea-for-2-at-4')
  await page.getByText('The admin site is for members of the staff.').waitFor()
  expect(page.url()).to.equal(`${url}/account/#/`)
  await looks('led')
})

walk('what is told in the own account', async ({ options, picture }) => {
  const ravi = await makeUser({ username: 'ravi' })
  const { token, value } = await makePersonal(ravi, { name: 'nightly report', scopes: ['employees:read'] })
  const visitor = await Visitor.openAs(ravi, url, options)
  visitor.expectStatuses(409)
  const { page } = visitor
  const looks = async (step: string) => {
    await picture(page, step)
    expect(await visitor.findings(), step).to.deep.equal([])
  }
  const dialog = page.getByRole('dialog')

  // A new value, which is shown once; the old one ends as it was chosen.
  await page.goto(`${url}/account/`)
  await page.getByRole('button', { name: 'Rotate' }).click()
  await dialog.getByLabel('The old value works for').click()
  await page.getByRole('option', { name: 'it ends at once' }).click()
  await looks('rotate')
  await dialog.getByRole('button', { name: 'Rotate' }).click()
  await page.getByRole('button', { name: 'Copy token' }).click()
  await page.getByText('Copied.').waitFor()
  const rotated = await visitor.clipboard()
  await page.getByRole('button', { name: 'Done' }).click()
  await dialog.waitFor({ state: 'hidden' })
  expect((await clientWithValue(value).get('/api/emp_viewset')).status).to.equal(401)
  expect((await clientWithValue(rotated).get('/api/emp_viewset')).status).to.equal(200)
  expect(await page.content()).not.to.contain(rotated)

  // No end is a choice, with a warning; the 101st token is none.
  for (let count = 1; count < 100; count++) await makePersonal(ravi, { name: `report ${count}` })
  await page.getByRole('link', { name: 'New token' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('one too many')
  await page.getByRole('checkbox', { name: 'employees:read' }).check()
  await page.getByLabel('Expires').click()
  await page.getByRole('option', { name: 'Never' }).click()
  await page.getByText('A token without an expiry works until somebody revokes it').waitFor()
  await looks('no-end')
  await page.getByRole('button', { name: 'Make token' }).click()
  await page.getByText('You have 100 tokens that work').waitFor()
  await looks('full')
  expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).to.equal('one too many')
  await (await clientOf(ravi)).delete(`/api/tokens/${token.id}`)
  await page.getByRole('button', { name: 'Make token' }).click()
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('article', { name: 'one too many' }).getByText('Never', { exact: true }).waitFor()

  // One session of several.
  await Visitor.openAs(ravi, url)
  await Visitor.openAs(ravi, url)
  await page.getByRole('link', { name: 'Your sessions' }).click()
  await page.getByRole('button', { name: 'End', exact: true }).first().click()
  await dialog.getByRole('button', { name: 'End', exact: true }).click()
  await page.getByText('The session has ended.').waitFor()
  await looks('ended')
  expect(await page.getByRole('button', { name: 'End', exact: true }).count()).to.equal(1)
  expect(await Token.count({ where: { kind: 'session', revokedAt: null } })).to.equal(2)
})
