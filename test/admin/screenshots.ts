import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { freshDatabase } from '../databases.js'
import { ServerProcess } from '../process.js'
import { closeBrowser, Visitor } from './browser.js'

// Writes the pictures of the README and docs/admin.md from a server with a little in it.

const FOLDER = 'spec/screenshots'
const PASSWORD = 'tea-for-2-at-4'

mkdirSync(FOLDER, { recursive: true })
const database = await freshDatabase()
const server = await ServerProcess.start({
  ...database.env,
  LATCHKEY_SECRET_KEY: randomBytes(32).toString('base64'),
  LATCHKEY_SUPERUSER_USERNAME: 'Srinivas',
  LATCHKEY_SUPERUSER_PASSWORD: PASSWORD,
})
try {
  await fill()
  await takeAll()
} finally {
  await closeBrowser()
  await server.stop()
  await database.remove()
}

async function fill() {
  const credentials = { username: 'Srinivas', password: PASSWORD }
  const { token } = (await (await server.fetch('/gettoken/', { json: credentials })).json()) as { token: string }
  const post = async (path: string, json: object) => {
    const answer = await server.fetch(path, { token, json })
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
    return (await answer.json()) as { id: number }
  }
  await post('/api/groups', { name: 'payroll', scopes: ['employees:read', 'employees:write'] })
  const ids: number[] = []
  for (const username of ['ravi', 'lakshmi', 'arjun'])
    ids.push((await post('/api/users', { username, email: `${username}@example.com`, groups: ['payroll'] })).id)
  const soon = new Date(Date.now() + 12 * 86_400_000).toISOString()
  await post('/api/tokens', { user: ids[0], name: 'nightly report', scopes: ['employees:read'], expires_at: soon })
  await post('/api/tokens', { user: ids[1], name: 'payroll import', scopes: ['employees:read', 'employees:write'] })
  for (const [index, empname] of ['Srinu', 'Meera', 'Kiran', 'Anita', 'Vikram', 'Divya'].entries())
    await post('/api/emp_viewset', { empid: 101 + index, empname, salary: `${20 + index}000.00` })
  await server.fetch('/gettoken/', { json: { username: 'ravi', password: 'a wrong one' } })
}

async function takeAll() {
  const visitor = await Visitor.open(server.url, { viewport: { width: 1200, height: 720 } })
  const { page } = visitor
  const take = async (name: string) => {
    await page.waitForLoadState('networkidle')
    await page.screenshot({ path: `${FOLDER}/${name}.png`, animations: 'disabled' })
  }
  await visitor.signIn('Srinivas', PASSWORD)
  await page.getByText(/^Latchkey \d/).waitFor()
  await page.getByText('nightly report').waitFor()
  await take('home')
  for (const path of ['tokens', 'users', 'employees', 'events']) {
    await visitor.goTo(path)
    await page.getByText('Rows per page').waitFor()
    await take(path)
  }
  await visitor.goTo('tokens/create')
  await page.getByRole('combobox', { name: 'User' }).fill('arjun')
  await page.getByRole('option', { name: 'arjun' }).click()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Copy token' }).waitFor()
  // Of a database that is gone by now.
  await take('token-added')
}
