import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import sparticuz from '@sparticuz/chromium'
import { expect } from 'chai'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { beginSession } from '../../src/identity/sessions/session.js'
import type { User } from '../../src/identity/users/user.js'
import { TESTER } from '../support.js'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Nothing that leaves this machine, and no sandbox of its own, because tests also run as root. */
const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

const REPORT_VIOLATIONS = `document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
  console.error('policy violation: ' + violatedDirective + ' ' + blockedURI))`

const FOCUSED =
  '(e => !e.matches("a, button, input, [role=button], [role=combobox], [role=menuitem]") ? "" : (e.getAttribute("aria-label") ?? (e.labels?.[0] ?? e).textContent))(document.activeElement)'

let browser: Browser | undefined
const visitors: Visitor[] = []

/** A page in a browser of its own kind; what goes wrong on it is kept, and is a failure of the test at its end. */
export class Visitor {
  private readonly problems: string[] = []
  private expected: number[] = []
  private isAway = false

  private constructor(
    readonly page: Page,
    private readonly base: string,
  ) {
    const { problems } = this
    page.on('console', (message) => {
      const [, status] = /Failed to load resource: .* status of (\d+)/.exec(message.text()) ?? []
      if (this.isAway && /net::ERR_|dynamically imported module/.test(message.text())) return
      if (message.type() === 'error' && !this.expected.includes(Number(status))) problems.push(message.text())
    })
    page.on('pageerror', (error) => problems.push(String(error)))
    page.on('dialog', (dialog) => {
      // The browser's own question; whoever does not expect it does not get away.
      if (dialog.type() !== 'beforeunload') problems.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url()) && !`${request.url()}/`.startsWith(`${base}/`))
        problems.push(`request to ${request.url()}`)
    })
  }

  /** @param base what the service's addresses start with */
  static async open(base: string, options: BrowserContextOptions = {}): Promise<Visitor> {
    browser ??= await chromium.launch({
      executablePath: process.env.CHROMIUM_PATH || (await sparticuz.executablePath()),
      args: SWITCHES,
    })
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    context.setDefaultTimeout(8000)
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await context.addInitScript(REPORT_VIOLATIONS)
    const visitor = new Visitor(await context.newPage(), base)
    visitors.push(visitor)
    return visitor
  }

  /** A visitor who has signed in already, where that is not what the test is about. */
  static async openAs(user: User, base: string, options: BrowserContextOptions = {}): Promise<Visitor> {
    const visitor = await Visitor.open(base, options)
    const { value } = await beginSession(user, undefined, TESTER)
    const context = visitor.page.context()
    await context.addCookies([{ name: 'latchkey_session', value, url: base, httpOnly: true, sameSite: 'Strict' }])
    await context.addInitScript(`localStorage.setItem('latchkey.signed-in', '${user.id}')`)
    return visitor
  }

  /** Chromium writes each of these responses to its console; here they are what the test is about. */
  expectStatuses(...statuses: number[]): void {
    this.expected.push(...statuses)
  }

  /** As `expectStatuses`, for requests that get no response. */
  expectLosses(): void {
    this.isAway = true
  }

  /** The server is away from this browser. */
  async loseServer(): Promise<void> {
    this.expectLosses()
    await this.page.context().setOffline(true)
  }

  async findServer(): Promise<void> {
    await this.page.context().setOffline(false)
  }

  /** @param path within the admin site, such as `tokens/create` */
  async goTo(path: string): Promise<void> {
    await this.page.goto(`${this.base}/admin/#/${path}`)
  }

  async signIn(username: string, password: string): Promise<void> {
    await this.page.goto(`${this.base}/admin/`)
    await this.enter(username, password)
  }

  /** Signs in on the page that is shown. */
  async enter(username: string, password: string): Promise<void> {
    await this.page.getByLabel('Username').fill(username)
    await this.page.getByLabel('Password').fill(password)
    await this.page.getByRole('button', { name: 'Sign in' }).click()
  }

  async signOut(): Promise<void> {
    await this.page.getByRole('button', { name: /profile$/ }).click()
    await this.page.getByRole('menuitem', { name: 'Sign out' }).click()
    await this.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  }

  /** Moves the focus on, as somebody does who has no mouse. */
  async tabTo(name: string): Promise<void> {
    for (let count = 0; count < 40; count++) {
      if ((await this.page.evaluate<string>(FOCUSED)).includes(name)) return
      await this.page.keyboard.press('Tab')
    }
    throw new Error(`no way to ${name} by Tab`)
  }

  clipboard(): Promise<string> {
    return this.page.evaluate('navigator.clipboard.readText()')
  }

  /** Serious and critical findings of axe on the page as it is now. */
  async findings(): Promise<string[]> {
    await this.page.evaluate(AXE)
    const results = await this.page.evaluate<{ violations: Finding[] }>("axe.run({ resultTypes: ['violations'] })")
    return results.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)
  }

  /** @throws when anything went wrong on the page */
  async close(): Promise<void> {
    await this.page.context().close()
    expect(this.problems, 'problems on the page').to.deep.equal([])
  }
}

interface Finding {
  id: string
  impact: string
  nodes: { html: string }[]
}

/** For `afterEach`. */
export async function closeVisitors(): Promise<void> {
  const open = visitors.splice(0)
  for (const visitor of open) await visitor.close()
}

export async function closeBrowser(): Promise<void> {
  await browser?.close()
  browser = undefined
}

// One for all suites that a mocha runs.
globalThis.after?.(closeBrowser)
