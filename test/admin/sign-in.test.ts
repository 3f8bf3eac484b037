import { expect } from 'chai'
import { endSession } from '../../src/identity/sessions/session.js'
import { issueSetupLink } from '../../src/identity/sign-in/setup-link.js'
import { Token } from '../../src/identity/tokens/token.js'
import { anonymous, makeUser, PASSWORD, TESTER, url } from '../support.js'
import { closeVisitors, Visitor } from './browser.js'

describe('the sign-in page', function () {
  this.timeout(60_000)
  afterEach(closeVisitors)

  it('says that a password is wrong, and lets one try again', async () => {
    await makeUser({ username: 'sita', isStaff: true })
    const visitor = await Visitor.open(url)
    visitor.expectStatuses(400)
    await visitor.signIn('sita', 'wrong')
    await visitor.page.getByText('Unable to log in with provided credentials.').waitFor()
    await visitor.page.getByLabel('Password').fill(PASSWORD)
    await visitor.page.getByRole('button', { name: 'Sign in' }).click()
    await visitor.page.getByText(/^Latchkey \d/).waitFor()
  })

  it('leads back to the page that was asked for', async () => {
    await makeUser({ username: 'sita', isStaff: true })
    const visitor = await Visitor.open(url)
    await visitor.goTo('employees')
    await visitor.enter('sita', PASSWORD)
    await visitor.page.getByText('No employees yet').waitFor()
    expect(await visitor.page.title()).to.equal('Employees · Latchkey')
  })

  it('is shown when the session has ended on the server, and says so', async () => {
    const visitor = await endedOnTheServer()
    await visitor.page.getByRole('menuitem', { name: 'Employees' }).click()
    await visitor.page.getByText('Your session has ended. Please sign in again.').waitFor()
    await visitor.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  })

  it('is left for good: signing out after an ended session ends the new one', async () => {
    const visitor = await endedOnTheServer()
    await visitor.page.getByRole('button', { name: 'Refresh' }).click()
    await visitor.enter('sita', PASSWORD)
    await visitor.page.getByText(/^Latchkey \d/).waitFor()
    await visitor.signOut()
    expect(await Token.count({ where: { kind: 'session', revokedAt: null } })).to.equal(0)
  })

  it('is not shown to who could not be signed out', async () => {
    const sita = await makeUser({ username: 'sita', isStaff: true })
    const visitor = await Visitor.openAs(sita, url)
    visitor.expectStatuses(503)
    const { page } = visitor
    await visitor.goTo('')
    await page.getByText(/^Latchkey \d/).waitFor()
    await page.route('**/api/sessions/current', (route) => route.fulfill({ status: 503 }))
    await page.getByRole('button', { name: /profile$/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByText(/^You are still signed in\./).waitFor()
  })

  it('is not shown while the server is away: the session goes on afterwards', async () => {
    const sita = await makeUser({ username: 'sita', isStaff: true })
    const visitor = await Visitor.openAs(sita, url)
    visitor.expectStatuses(503)
    const { page } = visitor
    await page.route('**/api/sessions/current', (route) => route.fulfill({ status: 503 }))
    await visitor.goTo('employees')
    await page.getByRole('heading', { name: 'Not reachable' }).waitFor()
    await page.unroute('**/api/sessions/current')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('No employees yet').waitFor()
  })

  it('leaves nothing of the session where a script could read it', async () => {
    await makeUser({ username: 'sita', isStaff: true })
    const visitor = await Visitor.open(url)
    await visitor.signIn('sita', PASSWORD)
    await visitor.page.getByText(/^Latchkey \d/).waitFor()
    const readable = await visitor.page.evaluate<string>(
      'document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)',
    )
    expect(readable).not.to.contain('lks_')
  })

  it('is all that Back shows after signing out', async () => {
    const sita = await makeUser({ username: 'sita', isStaff: true })
    const visitor = await Visitor.openAs(sita, url)
    await visitor.goTo('tokens')
    await visitor.page.getByRole('heading', { name: 'Tokens' }).waitFor()
    await visitor.signOut()
    await visitor.page.goBack()
    await visitor.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  })

  it('never leads to another site', async () => {
    await makeUser({ username: 'sita', isStaff: true })
    const visitor = await Visitor.open(url)
    await visitor.goTo('login?next=//evil.example&redirectTo=//evil.example')
    await visitor.enter('sita', PASSWORD)
    await visitor.page.getByText(/^Latchkey \d/).waitFor()
  })
})

describe('the setup page', function () {
  this.timeout(60_000)
  afterEach(closeVisitors)

  it('shows what is wrong at its field, and that a link is too old', async () => {
    const secret = await issueSetupLink()
    const visitor = await Visitor.open(url)
    visitor.expectStatuses(400)
    const { page } = visitor
    await page.goto(`${url}/admin/#setup=${secret}`)
    await page.getByLabel('Username').fill('Srinivas')
    await page.getByLabel('Password').fill('admin123')
    await page.getByRole('button', { name: 'Make superuser' }).click()
    await page.getByText(/too common/).waitFor()
    await issueSetupLink()
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Make superuser' }).click()
    await page.getByText('This setup link is wrong, used or too old.').waitFor()
    expect((await anonymous().get('/readyz')).status).to.equal(200)
  })
})

describe('the password page', function () {
  this.timeout(60_000)
  afterEach(closeVisitors)

  it('changes one’s own password and keeps one signed in', async () => {
    const sita = await makeUser({ username: 'sita', isStaff: true })
    const visitor = await Visitor.openAs(sita, url)
    visitor.expectStatuses(400)
    const { page } = visitor
    await visitor.goTo('password')
    await page.getByLabel('Current password').fill('wrong')
    await page.locator('input[name=password]').fill('tea-for-2-at-4')
    await page.getByLabel('New password again').fill('tea-for-2-at-4')
    await page.getByRole('button', { name: 'Change password' }).click()
    await page.getByText('This is not the current password.').waitFor()
    await page.getByLabel('Current password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Change password' }).click()
    await page.getByText('Your password is changed.').waitFor()
    await page.getByRole('menuitem', { name: 'Employees' }).click()
    await page.getByText('No employees yet').waitFor()
    const { status } = await anonymous().post('/gettoken/').send({ username: 'sita', password: 'tea-for-2-at-4' })
    expect(status).to.equal(200)
  })
})

/** On the first page, while the session has ended. */
async function endedOnTheServer() {
  const sita = await makeUser({ username: 'sita', isStaff: true })
  const visitor = await Visitor.openAs(sita, url)
  visitor.expectStatuses(401)
  await visitor.goTo('')
  await visitor.page.getByText(/^Latchkey \d/).waitFor()
  const { id } = (await Token.findOne({ where: { kind: 'session' } }))!
  await endSession({ id, userId: sita.id }, TESTER)
  return visitor
}
