import { expect } from 'chai'
import { Visitor } from '../admin/browser.js'
import { anonymous, clientOf, makeUser, PASSWORD, url } from '../support.js'
import { walk } from './walk.js'

walk('history', async ({ options, picture }) => {
  const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
  const client = await clientOf(root)
  await client.post('/api/emp_viewset').send({ empid: 101, empname: 'Srinu', salary: '20000.00' })
  for (let raise = 1; raise <= 11; raise++)
    await client.patch('/api/emp_viewset/101').send({ salary: `${20000 + 500 * raise}.00` })
  await client.post('/api/groups').send({ name: 'payroll', scopes: ['employees:read'] })
  const { body: user } = await client.post('/api/users').send({ username: 'ravi', password: PASSWORD })
  await client.patch(`/api/users/${user.id}`).send({ email: 'ravi@example.com', groups: ['payroll'] })
  await client.put(`/api/users/${user.id}/password`).send({ password: 'coffee-4-two' })
  const wish = { name: 'nightly report', scopes: ['employees:read'], networks: ['127.0.0.0/8', '::1'] }
  const { body: token } = await client.post('/api/tokens').send(wish)
  await client.post(`/api/tokens/${token.id}/rotate`).send({ overlap_seconds: 3600 })
  await anonymous().post('/gettoken/').send({ username: 'ravi', password: 'wrong' })

  const visitor = await Visitor.openAs(root, url, options)
  const { page } = visitor
  await page.goto(`${url}/admin/#/employees/101`)
  const entries = page
    .getByRole('list')
    .filter({ has: page.getByText('changed') })
    .getByRole('listitem')
  await page.getByRole('heading', { name: 'History' }).waitFor()
  await page.getByText('→').first().waitFor()
  expect(await entries.count()).to.equal(10)
  await page.getByRole('button', { name: 'Load more' }).click()
  await page.getByText('created', { exact: true }).waitFor()
  expect(await entries.count()).to.equal(12)
  expect(await entries.first().locator('time').innerText()).to.match(/\d:\d\d:\d\d .+/)

  await page.getByLabel('Salary').fill('31000.00')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('31000.00').waitFor()
  await picture(page, 'employee')
  expect(await visitor.findings()).to.deep.equal([])

  await page.goto(`${url}/admin/#/users/${user.id}`)
  await page.getByText('was set; it is never shown').first().waitFor()
  await picture(page, 'user')
  await page.goto(`${url}/admin/#/tokens/${token.id}/show`)
  await page.getByText('active').first().waitFor()
  await page.getByRole('heading', { name: 'History' }).waitFor()
  await picture(page, 'token')

  await visitor.goTo('events')
  await page.getByText('session.started').first().waitFor()
  await page.getByRole('button', { name: 'Sign-ins' }).click()
  await page.getByText('session.started').first().waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Refusals' }).click()
  await page.getByText('group.created').first().waitFor()
  await picture(page, 'events')
  expect(await visitor.findings()).to.deep.equal([])
})
