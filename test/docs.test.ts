import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { createApp } from '../src/http/app.js'
import { serverOf } from '../src/http/server.js'
import { settings } from '../src/platform/config.js'
import { PROBLEMS } from '../src/platform/failures.js'
import { closeVisitors, Visitor } from './admin/browser.js'
import { executed, openOperation, operation } from './admin/docs-page.js'
import { accountOf, anonymous, makeEmployees, makeUser, PASSWORD, url } from './support.js'

describe('the docs page', function () {
  this.timeout(60_000)
  afterEach(closeVisitors)

  it('signs itself in by gettoken, stays so over a reload, and signs out', async () => {
    await makeUser({ username: 'ravi' })
    await makeEmployees({ empid: 101, empname: 'Srinu' })
    const { page } = await opened(401)
    const list = operation(page, 'employees', 'listEmployees')
    expect(await executed(list)).to.equal('401')

    const signIn = operation(page, 'tokens', 'obtainToken')
    await openOperation(signIn)
    await signIn.locator('textarea').fill(JSON.stringify({ username: 'ravi', password: PASSWORD }))
    expect(await executed(signIn)).to.equal('200')
    expect(await executed(list)).to.equal('200')
    expect(await list.locator('.live-responses-table').textContent()).to.contain('Srinu')

    await reload(page)
    expect(await executed(operation(page, 'employees', 'listEmployees'))).to.equal('200')
    expect(await page.evaluate('localStorage.length')).to.equal(0)
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByText('Not signed in').waitFor()
    expect(await executed(operation(page, 'employees', 'listEmployees'))).to.equal('401')
    await reload(page)
    expect(await executed(operation(page, 'employees', 'listEmployees'))).to.equal('401')
  })

  for (const written of ['', 'Token ', 'Bearer '])
    it(`takes a token that is pasted as "${written}<value>"`, async () => {
      const value = await accountOf(await makeUser())
      const { page } = await opened()
      await page.getByRole('button', { name: 'Authorize', exact: true }).click()
      await page.locator('.modal-ux input').fill(written + value)
      await page.locator('.modal-ux').getByRole('button', { name: 'Apply credentials' }).click()
      await page.locator('.modal-ux').getByRole('button', { name: 'Close' }).last().click()
      await page.getByText(`Signed in with …${value.slice(-4)}`).waitFor()
      expect(await executed(operation(page, 'employees', 'listEmployees'))).to.equal('200')
    })

  it('shows the examples of optional parameters and sends none of them', async () => {
    const value = await accountOf(await makeUser())
    await makeEmployees({ empid: 101, empname: 'Ravi' }, { empid: 102 })
    const { page } = await openedWith(value)
    const list = operation(page, 'employees', 'listEmployees')
    const [listed] = await Promise.all([page.waitForRequest(/emp_viewset/), executed(list)])
    expect(new URL(listed.url()).search).to.equal('?limit=100')
    expect(await list.locator('[data-param-name="ordering"]').textContent()).to.contain('Example: -salary')
    expect(await list.locator('.live-responses-table').textContent()).to.contain('Ravi')

    const change = operation(page, 'employees', 'updateEmployee')
    await openOperation(change)
    await change.locator('textarea').fill('{"salary": "2.00"}')
    const [changed] = await Promise.all([page.waitForRequest(/emp_viewset\/101$/), executed(change)])
    expect(changed.headers()).not.to.have.property('if-match')
    expect(await change.locator('[data-param-name="If-Match"]').textContent()).to.contain('Example: "')
  })

  for (const [tag, operationId, filled] of [
    ['events', 'listEvents', ['limit=100']],
    ['employees', 'createEmployee', []],
    ['users', 'updateUser', ['id=2']],
  ] as const)
    it(`fills in of the parameters of ${operationId} what is required and what is a default: ${filled}`, async () => {
      const { page } = await opened()
      await openOperation(operation(page, tag, operationId))
      const rows = `#operations-${tag}-${operationId} tr[data-param-name]`
      const found = await page.evaluate<string[]>(`[...document.querySelectorAll('${rows}')]
        .map((row) => row.dataset.paramName + '=' + row.querySelector('input, select').value)`)
      expect(found).to.have.length.above(filled.length)
      expect(found.filter((text) => !text.endsWith('='))).to.deep.equal(filled)
    })

  it('tries operations out where the page itself is, under a path too, whatever the server of the document', async () => {
    const value = await accountOf(await makeUser())
    const given = { ...settings(), publicUrl: new URL('http://localhost/tokens/') }
    const server = serverOf(createApp(given), given).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const here = `http://localhost:${(server.address() as AddressInfo).port}/tokens`
    try {
      const { page } = await openedWith(value, here)
      const list = operation(page, 'employees', 'listEmployees')
      const [asked] = await Promise.all([page.waitForRequest(/emp_viewset/), executed(list)])
      expect(asked.url()).to.equal(`${here}/api/emp_viewset?limit=100`)
      expect(await list.locator('.live-responses-table .response-col_status').last().textContent()).to.contain('200')
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it('asks for one credential, which every operation takes', async () => {
    const { page } = await opened()
    await page.getByRole('button', { name: 'Authorize', exact: true }).click()
    expect(await page.locator('.modal-ux input').count()).to.equal(1)
  })

  it('keeps nothing of one tab for another', async () => {
    const value = await accountOf(await makeUser())
    const { page } = await opened()
    await page.evaluate(`sessionStorage.setItem('latchkey.token', '${value}')`)
    await page.reload()
    await page.getByText('Signed in with').waitFor()
    const other = await page.context().newPage()
    await other.goto(`${url}/docs/`)
    await other.getByText('Not signed in').waitFor()
  })
})

async function opened(...statuses: number[]): Promise<Visitor> {
  const visitor = await Visitor.open(url)
  visitor.expectStatuses(...statuses)
  await visitor.page.goto(`${url}/docs/`)
  return visitor
}

/** A page that is signed in. @param at what the addresses of the service start with */
async function openedWith(value: string, at = url): Promise<Visitor> {
  const visitor = await Visitor.open(at)
  const { page } = visitor
  await page.addInitScript(
    `sessionStorage.setItem('latchkey.token${new URL(at).pathname.replace(/\/$/, '')}', '${value}')`,
  )
  await page.goto(`${at}/docs/`)
  await page.getByText('Signed in with').waitFor()
  return visitor
}

/** Without the address of the operation that was opened last, which would open by itself at some moment of the loading. */
async function reload(page: Page): Promise<void> {
  await page.evaluate("history.replaceState(null, '', '/docs/')")
  await page.reload()
}

describe('problem pages', () => {
  for (const [status, { name, title }] of Object.entries(PROBLEMS))
    it(`${name} tells what the problem is and what to do`, async () => {
      const { headers, text } = await anonymous().get(`/docs/problems/${name}`).expect(200)
      expect(headers['content-type']).to.match(/^text\/html/)
      expect(text)
        .to.contain(`<h1>${title} (${status})</h1>`)
        .and.match(/<h2>What to do<\/h2><p>(<code>|[A-Z])/)
    })

  it('are listed', async () => {
    const { text } = await anonymous().get('/docs/problems/').expect(200)
    for (const { name } of Object.values(PROBLEMS)) expect(text).to.contain(`/docs/problems/${name}`)
  })

  for (const name of ['planted', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '404'])
    it(`of a name that no problem has are 404: ${name}`, async () => {
      await anonymous().get(`/docs/problems/${name}`).expect(404)
    })

  it('are where the type of a problem leads', async () => {
    const { body } = await anonymous().get('/api/')
    await anonymous().get(body.type).expect(200)
  })
})

describe('/postman_collection.json', () => {
  it('is the committed collection, with the address that it was asked at', async () => {
    const { body, headers } = await anonymous().get('/postman_collection.json').expect(200)
    expect(headers['content-type']).to.match(/^application\/json/)
    const committed = JSON.parse(readFileSync('spec/postman_collection.json', 'utf8'))
    const base = committed.variable.find(({ key }: { key: string }) => key === 'baseUrl')
    expect(base.value).to.equal('http://localhost:8000')
    base.value = url
    expect(body).to.deep.equal(committed)
    expect(headers).to.include({ 'cache-control': 'no-cache', vary: 'Host' })
  })
})
