import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { closeVisitors, Visitor } from '../admin/browser.js'
import { executed, openOperation, operation } from '../admin/docs-page.js'
import { type Database, freshDatabase } from '../databases.js'
import { freePort } from '../postgres.js'
import { CREDENTIALS, FIRST, latchkey, ServerProcess } from '../process.js'
import { ForeignProxy } from './proxy.js'

const PASSWORD = 'tea-for-2-at-4'
const NEW_PASSWORD = 'rain-in-8-places'

for (const kind of ['nginx', 'Caddy'] as const)
  for (const way of ['takes the path away', 'leaves the path as it is'] as const)
    describe(`at a path behind ${kind}, which ${way}`, function () {
      this.timeout(120_000)
      let database: Database
      let server: ServerProcess
      let proxy: ForeignProxy
      let env: Record<string, string>
      let base: string

      before(async () => {
        database = await freshDatabase()
        const port = await freePort()
        base = `https://localhost:${port}/tokens`
        env = { ...database.env, LATCHKEY_PUBLIC_URL: `${base}/`, LATCHKEY_TRUST_PROXY: '127.0.0.1' }
        server = await ServerProcess.start({ ...env, ...FIRST })
        proxy = await ForeignProxy.atPath(kind, way, server.url, port)
      })

      afterEach(closeVisitors)

      after(async () => {
        await proxy.stop()
        await server.stop()
        await database.remove()
      })

      const visit = () => Visitor.open(base, { ignoreHTTPSErrors: true })

      it('an administrator adds a token and a user, who sets a password by a link', async () => {
        const visitor = await visit()
        const { page } = visitor
        await page.goto(`${base}/admin`)
        expect(page.url()).to.match(/\/tokens\/admin\/(#\/login)?$/)
        await visitor.enter(CREDENTIALS.username, CREDENTIALS.password)
        await page.getByText(/^Latchkey \d/).waitFor()
        const cookies = await page.context().cookies()
        expect(cookies.map(({ name, path, secure }) => ({ name, path, secure }))).to.deep.equal([
          { name: '__Secure-latchkey_session', path: '/tokens/', secure: true },
        ])

        await addUser(page, 'ravi')
        await page.getByRole('menuitem', { name: 'Tokens' }).click()
        await page.getByRole('link', { name: 'Add token' }).click()
        await page.getByRole('combobox', { name: 'User' }).fill('rav')
        await page.getByRole('option', { name: 'ravi' }).click()
        await page.getByRole('button', { name: 'Save' }).click()
        await page.getByRole('button', { name: 'Copy command' }).click()
        await page.getByText('Copied.').waitFor()
        const [, address, header] = /^curl (\S+) -H 'Authorization: ([^']+)'$/.exec(await visitor.clipboard())!
        expect(address).to.equal(`${base}/api/`)
        const response = await page.request.get(address!, { headers: { Authorization: header! } })
        expect(await response.json()).to.deep.equal({ emp_viewset: `${base}/api/emp_viewset` })
        await page.getByRole('button', { name: 'Done' }).click()
        const shown = page.getByRole('button', { name: 'Revoke' })
        await shown.waitFor()

        // Still signed in where the page is loaded anew, and on the other site.
        await page.reload()
        await shown.waitFor()
        await page.goBack()
        await page.goForward()
        await page.getByRole('button', { name: /profile$/ }).click()
        await page.getByRole('menuitem', { name: 'My account' }).click()
        await page.waitForURL(`${base}/account/`)
        await page.getByRole('link', { name: 'Admin site' }).click()
        await page.getByText(/^Latchkey \d/).waitFor()
        expect(page.url()).to.match(/\/tokens\/admin\/(#\/)?$/)

        const { stdout } = await latchkey(['user', 'link', 'ravi'], env)
        expect(stdout).to.match(new RegExp(`^${base}/account/#password=`))
        await visitor.signOut()
        expect(await page.context().cookies()).to.deep.equal([])
        await page.goto(stdout.trim())
        await page.locator('input[name=password]').fill(NEW_PASSWORD)
        await page.getByLabel('New password again').fill(NEW_PASSWORD)
        await page.getByRole('button', { name: 'Set password' }).click()
        await page.getByText('Your password is set').waitFor()
        await visitor.enter('ravi', NEW_PASSWORD)
        await page.getByRole('button', { name: 'Sign out' }).waitFor()
      })

      it('a user who has typed something is asked before the docs are opened, and finds them', async () => {
        const visitor = await visit()
        const { page } = visitor
        await visitor.signIn(CREDENTIALS.username, CREDENTIALS.password)
        await page.getByText(/^Latchkey \d/).waitFor()
        await visitor.goTo('employees/create')
        await page.locator('input[name=empname]').fill('typed, not saved')
        await page.getByRole('menuitem', { name: 'API docs' }).click()
        await page.getByRole('dialog').getByRole('button', { name: 'Stay' }).click()
        expect(await page.locator('input[name=empname]').inputValue()).to.equal('typed, not saved')
        await page.getByRole('menuitem', { name: 'API docs' }).click()
        await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click()
        await page.waitForURL(`${base}/docs/`)
        await page.getByText('Not signed in').waitFor()
      })

      it('the docs sign themselves in and try operations', async () => {
        const visitor = await visit()
        visitor.expectStatuses(401)
        const { page } = visitor
        await page.goto(`${base}/`)
        await page.waitForURL(`${base}/docs/`)
        const list = operation(page, 'employees', 'listEmployees')
        expect(await executed(list)).to.equal('401')
        const signIn = operation(page, 'tokens', 'obtainToken')
        await openOperation(signIn)
        await signIn.locator('textarea').fill(JSON.stringify(CREDENTIALS))
        expect(await executed(signIn)).to.equal('200')
        expect(await executed(list)).to.equal('200')
        for (const name of ['Admin site', 'Your account', 'OpenAPI document'])
          expect((await page.request.get(await hrefOf(page, name))).status(), name).to.equal(200)
      })

      it('all else on the host is the other application’s', async () => {
        const { page } = await visit()
        for (const path of ['/', '/api/', '/tokensx/healthz', '/admin/'])
          expect(await (await page.request.get(new URL(path, base).href)).text(), path).to.equal('another application')
        expect((await page.request.get(`${base}/healthz`)).status()).to.equal(200)
      })
    })

async function addUser(page: Page, username: string) {
  await page.getByRole('menuitem', { name: 'Users' }).click()
  await page.getByRole('link', { name: 'Add user' }).click()
  await page.getByRole('textbox', { name: 'Username' }).fill(username)
  await page.getByLabel('With a password that you type').check()
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: `User ${username}` }).waitFor()
}

function hrefOf(page: Page, name: string): Promise<string> {
  return page.getByRole('link', { name }).evaluate((link) => (link as unknown as { href: string }).href)
}
