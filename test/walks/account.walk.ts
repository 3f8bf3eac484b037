import { expect } from 'chai'
import { Token } from '../../src/identity/tokens/token.js'
import { Visitor } from '../admin/browser.js'
import { anonymous, clientWithValue, makeUser, PASSWORD, url } from '../support.js'
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

  // By the keyboard alone: a token of 90 days with one scope.
  await page.getByRole('link', { name: 'Make your first token' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('checkbox', { name: 'employees:read' }).waitFor()
  await page.keyboard.type('nightly report')
  await page.getByRole('checkbox', { name: 'employees:read' }).focus()
  await page.keyboard.press('Space')
  await looks('new-token')
  await page.getByRole('button', { name: 'Make token' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await looks('value')
  await page.getByRole('button', { name: /^Copy token|^Copy the token/ }).click()
  const value = await visitor.clipboard()
  expect((await (await clientWithValue(value)).get('/api/emp_viewset')).status).to.equal(200)
  const made = (await Token.findOne({ where: { kind: 'personal' } }))!
  expect(made).to.include({ name: 'nightly report', userId: ravi.id })
  expect((made.expiresAt!.getTime() - Date.now()) / 86_400_000).to.be.closeTo(90, 0.1)
  await page.getByRole('button', { name: 'Done' }).click()
  const card = page.getByRole('article', { name: 'nightly report' })
  await card.waitFor()
  await page.evaluate('scrollTo(0, 0)')
  await looks('tokens')
  expect(
    await page.evaluate('JSON.stringify([localStorage, sessionStorage, history.state, location.href])'),
  ).not.to.contain(value)

  await card.getByRole('button', { name: 'Rename' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('monthly report')
  await page.keyboard.press('Enter')
  const renamed = page.getByRole('article', { name: 'monthly report' })
  await renamed.waitFor()
  await renamed.getByRole('button', { name: 'Revoke' }).click()
  await looks('revoke')
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
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
