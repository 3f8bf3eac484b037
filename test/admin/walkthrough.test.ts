import { spawn } from 'node:child_process'
import { expect } from 'chai'
import { issueSetupLink } from '../../src/identity/sign-in/setup-link.js'
import { Token } from '../../src/identity/tokens/token.js'
import { accountOf, anonymous, clientWithValue, makePersonal, makeUser, PASSWORD, url } from '../support.js'
import { closeVisitors, Visitor } from './browser.js'

describe('the admin site', function () {
  this.timeout(60_000)
  afterEach(closeVisitors)

  it('takes an administrator from the link of the first start to a token that works, and ends it', async () => {
    const secret = await issueSetupLink()
    const visitor = await Visitor.open(url)
    const { page } = visitor
    await page.goto(`${url}/admin/#setup=${secret}`)
    await page.getByLabel('Username').fill('Srinivas')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Make superuser' }).click()
    await page.getByText(/^Latchkey \d/).waitFor()
    expect(page.url()).not.to.contain('setup')

    await visitor.signOut()
    await visitor.signIn('Srinivas', PASSWORD)

    await page.getByRole('menuitem', { name: 'Users' }).click()
    await page.getByRole('link', { name: 'Add user' }).click()
    await page.getByRole('textbox', { name: 'Username' }).fill('ravi')
    await page.getByLabel('With a password that you type').check()
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'User ravi' }).waitFor()

    await page.getByRole('menuitem', { name: 'Tokens' }).click()
    await page.getByText('No tokens yet').waitFor()
    await page.getByRole('link', { name: 'Add token' }).click()
    await page.getByRole('combobox', { name: 'User' }).fill('rav')
    await page.getByRole('option', { name: 'ravi' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Copy token' }).click()
    await page.getByText('Copied.').waitFor()
    const value = await visitor.clipboard()
    await page.getByRole('button', { name: 'Copy command' }).click()
    await page.getByText('Copied.').nth(1).waitFor()
    const command = await visitor.clipboard()

    const { body } = await anonymous().post('/gettoken/').send({ username: 'ravi', password: PASSWORD })
    expect(body).to.deep.equal({ token: value })
    expect(JSON.parse(await outputOf(`${command} --silent`))).to.deep.equal({ emp_viewset: `${url}/api/emp_viewset` })

    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('The token is revoked.').waitFor()
    expect((await clientWithValue(value).get('/api/')).status).to.equal(401)
    expect(await page.content()).not.to.contain(value)
  })

  it('makes a personal token with the scopes of its user and an end', async () => {
    const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
    const ravi = await makeUser({ username: 'ravi' })
    const visitor = await Visitor.openAs(root, url)
    const { page } = visitor
    await visitor.goTo(`tokens/create?user=${ravi.id}`)
    await page.getByLabel('Personal token').check()
    await page.getByLabel('employees:read').waitFor()
    const offered = await page.getByRole('group', { name: 'Scopes' }).getByRole('checkbox').count()
    expect(offered, 'what everyone may').to.equal(4)
    await page.getByRole('textbox', { name: 'Name' }).fill('nightly report')
    await page.getByLabel('employees:read').check()
    await page.getByLabel('Expires').click()
    await page.getByRole('option', { name: 'In 30 days' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Copy token' }).click()
    const client = clientWithValue(await visitor.clipboard())
    expect((await client.get('/api/emp_viewset')).status).to.equal(200)
    expect((await client.post('/api/emp_viewset').send({})).status).to.equal(403)
    const token = (await Token.findOne({ where: { kind: 'personal' } }))!
    expect(token.userId).to.equal(ravi.id)
    expect(token.expiresAt!.getTime()).to.be.closeTo(Date.now() + 30 * 86_400_000, 60_000)
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByText('granted 1, used 0').waitFor()
  })

  it('offers a new value to a user who has an account token', async () => {
    const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
    const before = await accountOf(root)
    const visitor = await Visitor.openAs(root, url)
    const { page } = visitor
    await visitor.goTo(`tokens/create?user=${root.id}`)
    await page.getByText('already has an account token').waitFor()
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).to.equal(true)
    await page.getByRole('button', { name: 'Rotate' }).click()
    await page.getByLabel('The old value works for').click()
    await page.getByRole('option', { name: 'it ends at once' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click()
    await page.getByRole('button', { name: 'Copy token' }).click()
    const after = await visitor.clipboard()
    expect((await clientWithValue(before).get('/api/')).status).to.equal(401)
    expect((await clientWithValue(after).get('/api/')).status).to.equal(200)
  })

  it('makes one token of a double click', async () => {
    const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
    const visitor = await Visitor.openAs(root, url)
    const { page } = visitor
    await visitor.goTo(`tokens/create?user=${root.id}`)
    await page.getByLabel('Personal token').check()
    await page.getByRole('textbox', { name: 'Name' }).fill('twice')
    await page.getByLabel('employees:read').check()
    await page.getByRole('button', { name: 'Save' }).dblclick()
    await page.getByRole('button', { name: 'Copy token' }).waitFor()
    expect(await Token.count({ where: { kind: 'personal' } })).to.equal(1)
  })

  it('makes no token without an end when the date is missing', async () => {
    const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
    const visitor = await Visitor.openAs(root, url)
    const { page } = visitor
    await visitor.goTo(`tokens/create?user=${root.id}`)
    await page.getByLabel('Personal token').check()
    await page.getByRole('textbox', { name: 'Name' }).fill('dated')
    await page.getByLabel('employees:read').check()
    await page.getByLabel('Expires').click()
    await page.getByRole('option', { name: 'On a date' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Choose a date and a time.').waitFor()
    expect(await Token.count({ where: { kind: 'personal' } })).to.equal(0)
  })

  it('tells what disabling a user ends, and ends it', async () => {
    const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
    const ravi = await makeUser({ username: 'ravi' })
    const { value } = await makePersonal(ravi)
    await makePersonal(ravi, { name: 'second' })
    const visitor = await Visitor.openAs(root, url)
    const { page } = visitor
    await visitor.goTo(`users/${ravi.id}`)
    await page.getByText('second').waitFor()
    await page.getByRole('button', { name: 'Disable' }).click()
    await page.getByText('stops 2 tokens and 0 sessions').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
    await page.getByText('The user is disabled.').waitFor()
    expect((await clientWithValue(value).get('/api/')).status).to.equal(401)
    await page.getByRole('button', { name: 'Enable' }).click()
    await page.getByText('2 of their tokens work again. Their sessions have ended.').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Enable' }).click()
    await page.getByText('The user is active again, and 2 of their tokens work again.').waitFor()
    expect((await clientWithValue(value).get('/api/')).status).to.equal(200)
  })
})

/** What a line prints that was copied from the page. */
async function outputOf(command: string): Promise<string> {
  const child = spawn('sh', ['-c', command])
  let output = ''
  for await (const chunk of child.stdout) output += chunk
  return output
}
