import { expect } from 'chai'
import { Visitor } from '../admin/browser.js'
import { anonymous, makeUser, superuserClient, url } from '../support.js'
import { storage } from './storage.js'
import { walk } from './walk.js'

walk('password link', async ({ options, picture }) => {
  const ravi = await makeUser({ username: 'ravi' })
  const { body } = await (await superuserClient()).post(`/api/users/${ravi.id}/password-link`)
  const [, secret] = body.link.split('#password=')
  const visitor = await Visitor.open(url, options)
  visitor.expectStatuses(400, 409)
  const { page } = visitor

  await page.goto(`${url}/account/#password=${secret}`)
  await page.getByRole('heading', { name: 'Set your password' }).waitFor()
  expect(await storage(page)).not.to.contain(secret)
  await picture(page, 'set')
  expect(await visitor.findings()).to.deep.equal([])
  await page.locator('input[name=password]').fill('tea-for-2-at-4')
  await page.getByLabel('New password again').fill('tea-for-2-at-5')
  await page.keyboard.press('Enter')
  await page.getByText('The two passwords are different.').waitFor()
  await page.getByLabel('New password again').fill('tea-for-2-at-4')
  await page.keyboard.press('Enter')
  await page.getByText('Your password is set. Sign in with it now.').waitFor()
  await picture(page, 'done')
  await visitor.enter('ravi', 'tea-for-2-at-4')
  await page.getByRole('heading', { name: 'Welcome' }).waitFor()
  const asked = await anonymous().post('/gettoken/').send({ username: 'ravi', password: 'tea-for-2-at-4' })
  expect(asked.status).to.equal(200)

  // Once only.
  await page.goto('about:blank')
  await page.goto(`${url}/account/#password=${secret}`)
  await page.locator('input[name=password]').fill('tea-for-2-at-6')
  await page.getByLabel('New password again').fill('tea-for-2-at-6')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'This link does not work any more' }).waitFor()
  await picture(page, 'used')
  expect(await visitor.findings()).to.deep.equal([])
  await page.getByRole('button', { name: 'Go to sign-in' }).click()
  await page.getByRole('heading', { name: 'Your tokens' }).waitFor()
})
