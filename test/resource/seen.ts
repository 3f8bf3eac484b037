import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { closeVisitors, Visitor } from '../admin/browser.js'
import { CREDENTIALS, type ServerProcess } from '../process.js'
import { LANGUAGES } from '../sdk/languages.js'

/** A server of a project that has departments, and the project's folder. */
export interface Seen {
  server: ServerProcess
  room: string
}

/** @returns what failed */
export async function inCollection({ server, room }: Seen, folders: string[]): Promise<string | undefined> {
  const { default: newman } = await import('newman')
  const failures: string[] = []
  for (const folder of folders)
    await new Promise<void>((resolve, reject) =>
      newman.run(
        {
          collection: join(room, 'spec/postman_collection.json'),
          folder: ['tokens', folder],
          iterationCount: 2,
          envVar: [{ key: 'baseUrl', value: server.url }],
        },
        (error, { run }) => {
          failures.push(...run.failures.map(({ source, error }) => `${folder}: ${source?.name}: ${error.message}`))
          const requests = run.executions.filter(({ request }) => request.url.getPath().startsWith(`/api/${folder}`))
          if (requests.length < 2 * OPERATIONS) failures.push(`${folder}: ${requests.length} requests`)
          error ? reject(error) : resolve()
        },
      ),
    )
  return failures.length > 0 ? failures.join('\n') : undefined
}

/** List, get, create, replace, update, delete, in bulk. */
const OPERATIONS = 7

export async function inSwagger({ server }: Seen): Promise<undefined> {
  const { token } = (await (await server.fetch('/gettoken/', { json: CREDENTIALS })).json()) as { token: string }
  const { page } = await Visitor.open(server.url)
  await page.goto(`${server.url}/docs/`)
  await page.getByRole('button', { name: 'Authorize', exact: true }).click()
  const dialog = page.locator('.modal-ux')
  await dialog.locator('input').fill(token)
  await dialog.getByRole('button', { name: 'Apply credentials' }).click()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  for (const [operationId, status] of [
    ['createDepartment', '201'],
    ['listDepartments', '200'],
  ]) {
    const operation = page.locator(`#operations-departments-${operationId}`)
    await operation.locator('.opblock-summary-control').click()
    await operation.getByRole('button', { name: 'Execute' }).click()
    const row = operation.locator('.live-responses-table .response').last()
    expect(await row.locator('.response-col_status').textContent()).to.match(new RegExp(`^\\s*${status}`))
    expect(await row.textContent()).to.contain('a name')
  }
  await closeVisitors()
}

const PROGRAM = `import sys
from latchkey_client import ApiClient, Configuration, Credentials, DepartmentInput, DepartmentPatch, DepartmentsApi, TokensApi

url, username, password = sys.argv[1:]
token = TokensApi(ApiClient(Configuration(host=url))).obtain_token(Credentials(username, password)).token
configuration = Configuration(host=url, api_key={"Token": token}, api_key_prefix={"Token": "Token"})
departments = DepartmentsApi(ApiClient(configuration))
made = departments.create_department(DepartmentInput(name="Research", budget="12.50", state="open", active=False))
assert (made.name, made.budget, made.active, made.parent) == ("Research", "12.50", False, None), made
child = departments.create_department(DepartmentInput(name="Physics", budget="1", state="open", parent=made.id))
assert child.active is True, child
assert departments.list_departments(parent=made.id) == [child]
# What a patch does not name stays.
assert departments.update_department(made.id, DepartmentPatch(name="Science")).active is False
departments.delete_department(child.id)
departments.delete_department(made.id)
`

export async function inPython({ server, room }: Seen): Promise<undefined> {
  execFileSync(process.execPath, ['build/src/document/sdk/generate.js', 'python'], { cwd: room, stdio: 'pipe' })
  writeFileSync(join(room, 'build/own.py'), PROGRAM)
  const { file, environment } = await LANGUAGES.python!.readme.run('build/own.py')
  execFileSync(file, ['build/own.py', server.url, CREDENTIALS.username, CREDENTIALS.password], {
    cwd: room,
    stdio: 'pipe',
    env: { ...process.env, ...environment },
  })
}

export async function byPicker({ server }: Seen): Promise<undefined> {
  // Wide enough for a table of all columns.
  const visitor = await Visitor.open(server.url, { viewport: { width: 1920, height: 900 } })
  const { page } = visitor
  await visitor.signIn(CREDENTIALS.username, CREDENTIALS.password)
  for (const [name, parent] of [['Research'], ['Physics', 'Research']]) {
    await page.getByRole('menuitem', { name: 'Departments' }).click()
    await page.getByRole('link', { name: 'Add department' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill(name!)
    await page.getByRole('textbox', { name: 'Budget' }).fill('12.50')
    await page.getByRole('combobox', { name: 'State' }).click()
    await page.getByRole('option', { name: 'open' }).click()
    if (parent) {
      await page.getByRole('combobox', { name: 'Parent' }).fill(parent)
      await page.getByRole('option', { name: parent }).click()
    }
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: `Department ${name}` }).waitFor()
  }
  await page.getByRole('menuitem', { name: 'Departments' }).click()
  await page.getByRole('row', { name: /Physics.*Research/ }).waitFor()
  await closeVisitors()
}
