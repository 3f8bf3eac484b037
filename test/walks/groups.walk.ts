import { expect } from 'chai'
import { Group } from '../../src/identity/groups/group.js'
import { User } from '../../src/identity/users/user.js'
import { Visitor } from '../admin/browser.js'
import { expectWithin } from '../process.js'
import { makeUser, TESTER, url } from '../support.js'
import { expectNoFindings, walk } from './walk.js'

walk('who is in a group, and what each may do', async ({ options, picture }) => {
  const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
  await Group.add({ name: 'payroll', scopes: ['users:read', 'employees:read'] }, TESTER)
  const ravi = await makeUser({ username: 'ravi', groups: ['payroll'] })
  for (let number = 1; number <= 30; number++) await makeUser({ username: `clerk-${number}`, groups: ['payroll'] })
  const visitor = await Visitor.openAs(root, url, options)
  const { page } = visitor

  await visitor.goTo('groups')
  await page.getByRole('link', { name: 'payroll' }).waitFor()
  await picture(page, 'groups')
  await expectNoFindings(visitor, 'groups')
  await page.getByRole('link', { name: 'payroll' }).click()
  await page.getByRole('heading', { name: 'Members (31)' }).waitFor()
  await page.getByText('And 11 more.').waitFor()
  await picture(page, 'group')
  await expectNoFindings(visitor, 'a group')
  await page.getByRole('link', { name: 'All: Members' }).click()
  await page.getByText('1 to 25 of 31').waitFor()

  await visitor.goTo(`users/${ravi.id}`)
  await page.getByText('See users, their rights and where they are signed in.').waitFor()
  await picture(page, 'scopes of a user')
  await expectNoFindings(visitor, 'a user')

  const everyone = (await Group.findOne({ where: { name: 'everyone' } }))!
  await visitor.goTo(`groups/${everyone.id}`)
  await page.getByRole('heading', { name: 'Members (32)' }).waitFor()
  expect(await page.getByRole('button', { name: 'Delete' }).count()).to.equal(0)
  expect(await page.getByLabel('Name', { exact: true }).isEditable()).to.equal(false)
  await page.getByLabel('users:write').check()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Every user gets this scope at once').waitFor()
  expect(await page.evaluate('document.activeElement.textContent')).to.equal('Cancel')
  await picture(page, 'widening everyone')
  await expectNoFindings(visitor, 'the question before everyone is widened')
  await page.getByRole('button', { name: 'Cancel' }).click()
  expect((await everyone.reload()).scopes).not.to.contain('users:write')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Give to everyone' }).click()
  await page.getByText('Saved.').waitFor()
  expect((await everyone.reload()).scopes).to.contain('users:write')

  await visitor.goTo(`users/${ravi.id}`)
  await page.getByLabel('Superuser').check()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('A superuser may do everything: read').waitFor()
  await picture(page, 'making a superuser')
  await page.getByRole('button', { name: 'Make superuser' }).click()
  // Another “Saved.” may still be there.
  await expectWithin(5000, async () => (await User.findByPk(ravi.id))!.isSuperuser)
})
