import { expect } from 'chai'
import { writeUses } from '../../src/identity/access/usage.js'
import { Group } from '../../src/identity/groups/group.js'
import { OwnScope } from '../../src/identity/scopes/own-scope.js'
import { makePersonal, makeUser, raw, TESTER, url } from '../support.js'
import { closeVisitors, Visitor } from './browser.js'

async function check(value: string) {
  return (await raw('GET', '/api/checks/reports:read', { headers: { authorization: `Token ${value}` } })).status
}

describe('the scopes of the admin site', function () {
  this.timeout(60_000)
  afterEach(closeVisitors)

  it('go from nothing to a group, a token and a check, and are worthless when they are removed', async () => {
    const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
    const ravi = await makeUser({ username: 'ravi', groups: [] })
    const visitor = await Visitor.openAs(root, url)
    const { page } = visitor

    await visitor.goTo('scopes')
    await page.getByRole('link', { name: 'Add scope' }).click()
    await page.getByLabel('Name').fill('reports:read')
    await page.getByLabel('Description').fill('See the monthly reports')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Scope reports:read' }).waitFor()

    await visitor.goTo('groups/create')
    await page.getByLabel('Name').fill('readers')
    const choices = page.getByRole('group', { name: 'For other services' })
    await choices.getByText('See the monthly reports').waitFor()
    await choices.getByLabel('reports:read').check()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Group readers' }).waitFor()
    expect((await Group.findOne({ where: { name: 'readers' } }))!.scopes).to.equal('reports:read')
    await visitor.goTo(`users/${ravi.id}`)
    await page.getByRole('combobox', { name: 'Groups' }).fill('read')
    await page.getByRole('option', { name: 'readers' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()

    await visitor.goTo(`tokens/create?user=${ravi.id}`)
    await page.getByLabel('Personal token').check()
    await page.getByRole('textbox', { name: 'Name' }).fill('monthly')
    await page.getByRole('group', { name: 'For other services' }).getByLabel('reports:read').check()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Copy token' }).click()
    const value = await visitor.clipboard()
    expect(await check(value)).to.equal(200)
    await writeUses()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('list', { name: 'Used by other services' }).getByText('See the monthly reports').waitFor()

    await visitor.goTo('scopes')
    await page.getByRole('link', { name: 'reports:read' }).click()
    await page.getByRole('link', { name: 'readers' }).waitFor()
    await page.getByRole('link', { name: 'monthly' }).waitFor()
    await page.getByRole('link', { name: 'Edit' }).click()
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click()
    await page.getByRole('link', { name: 'users:read' }).waitFor()
    expect(await check(value)).to.equal(403)
    expect(await OwnScope.count()).to.equal(0)
    expect((await Group.findOne({ where: { name: 'readers' } }))!.scopes).to.equal('')
  })

  it('shows who has a built-in one, without a way to change it', async () => {
    const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
    await makePersonal(root, { name: 'nightly', scopes: ['employees:read'] })
    await makePersonal(root, { name: 'other', scopes: ['employees:write'] })
    const visitor = await Visitor.openAs(root, url)
    const { page } = visitor
    await visitor.goTo('scopes')
    await page.getByRole('link', { name: 'employees:read' }).click()
    await page.getByText('See employees.').waitFor()
    await page.getByRole('link', { name: 'everyone' }).waitFor()
    await page.getByRole('link', { name: 'nightly' }).waitFor()
    expect(await page.getByRole('link', { name: 'other' }).count()).to.equal(0)
    expect(await page.getByRole('link', { name: 'Edit' }).count()).to.equal(0)
  })

  it('offers one of the staff what its user has', async () => {
    await OwnScope.add({ name: 'reports:read', description: '' }, TESTER)
    await OwnScope.add({ name: 'secrets:read', description: '' }, TESTER)
    await Group.add({ name: 'readers', scopes: ['reports:read'] }, TESTER)
    const visitor = await Visitor.openAs(await makeUser({ username: 'sita', isStaff: true, groups: ['readers'] }), url)
    const { page } = visitor
    await visitor.goTo('tokens/create')
    await page.getByLabel('Personal token').check()
    await page.getByRole('group', { name: 'For other services' }).getByLabel('reports:read').waitFor()
    expect(await page.getByLabel('secrets:read').count()).to.equal(0)
  })
})
