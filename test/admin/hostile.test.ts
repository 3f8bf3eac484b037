import { expect } from 'chai'
import { writeUses } from '../../src/identity/access/usage.js'
import { Group } from '../../src/identity/groups/group.js'
import { Token } from '../../src/identity/tokens/token.js'
import { Membership, User } from '../../src/identity/users/user.js'
import { write } from '../../src/platform/database/write-queue.js'
import { clientWithValue, makeEmployees, makePersonal, makeUser, url } from '../support.js'
import { closeVisitors, Visitor } from './browser.js'

/** At most 20 characters, so that they fit into every text field. */
const HOSTILE = [
  '<script>x()</script>',
  '<img src=x onerror=x',
  '<b onclick=x()>b</b>',
  '"><svg/onload=x()>',
  "'-x()-'",
  'javascript:x()',
  '{{7*7}}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a template of other languages.
  '${7*7}',
  '<%= 7*7 %>',
  '%{count} |||| %{x}',
  '=1+1',
  '+cmd|x',
  '@SUM(1)',
  '-2+3',
  '\u202egnp.exe',
  '\u2067isolate\u2069',
  '\u00e1\u0301\u0301\u0301\u0301',
  '&lt;b&gt;&amp;',
  '[a](javascript:x)',
  'https://evil.example',
]

describe('hostile text', function () {
  this.timeout(90_000)
  afterEach(closeVisitors)

  it('is shown as text on every page of the admin site', async () => {
    const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
    for (const [index, text] of HOSTILE.entries()) {
      await makeEmployees({ empid: index, empname: text })
      // Past the rules of today, as rows of an older version are.
      const user = await makeUser({ username: `user${index}` })
      const { token, value } = await makePersonal(root)
      await write(async (transaction) => {
        const group = await Group.create({ name: text, scopes: '' }, { transaction })
        await Membership.create({ userId: user.id, groupId: group.id }, { transaction })
        await user.update({ email: emailOf(text) }, { transaction })
        await token.update({ name: text }, { transaction })
      })
      await clientWithValue(value)
        .get('/api/emp_viewset')
        .set('User-Agent', text.replace(/[^ -~]/g, ''))
    }
    await writeUses()
    const visitor = await Visitor.openAs(root, url)
    const { page } = visitor

    const lists: Record<string, (text: string) => string> = {
      employees: (text) => text,
      groups: (text) => text,
      tokens: (text) => text,
      users: emailOf,
    }
    for (const [path, shown] of Object.entries(lists)) {
      await visitor.goTo(path)
      const heading = path.charAt(0).toUpperCase() + path.slice(1)
      await page.getByRole('heading', { level: 1, name: heading }).waitFor()
      await page.getByText(shown(HOSTILE[0]!), { exact: true }).first().waitFor()
      const cells = await page.locator('#main-content bdi').allTextContents()
      expect(cells, path).to.include.members(HOSTILE.map(shown))
    }
    await visitor.goTo('events')
    await page.getByText('token.created').first().waitFor()

    for (const text of HOSTILE) {
      const { id: group } = (await Group.findOne({ where: { name: text } }))!
      await visitor.goTo(`groups/${group}`)
      await page.getByRole('heading', { name: `Group ${text}`, exact: true }).waitFor()
      expect(await page.getByLabel('Name').inputValue()).to.equal(text)
    }
    for (const text of HOSTILE.slice(0, 6)) {
      const { id: token } = (await Token.findOne({ where: { name: text } }))!
      await visitor.goTo(`tokens/${token}/show`)
      await page.getByRole('heading', { name: `Token ${text}`, exact: true }).waitFor()
      expect(await page.locator('bdi').allTextContents()).to.include.members([text, text.replace(/[^ -~]/g, '')])
      const { id: user } = (await User.findOne({ where: { email: emailOf(text) } }))!
      await visitor.goTo(`users/${user}`)
      await page.locator(`input[name=email]`).waitFor()
      await page.getByText(text, { exact: true }).waitFor()
      expect(await page.getByLabel('Email').inputValue()).to.equal(emailOf(text))
    }
  })
})

/** As much of a text as an address may have. */
function emailOf(text: string) {
  return `${text.replace(/[\s@]/g, '')}@x`
}
