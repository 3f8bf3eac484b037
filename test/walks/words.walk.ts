import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { Visitor } from '../admin/browser.js'
import { makeEmployees, makePersonal, makeUser, PASSWORD, url } from '../support.js'
import { walk } from './walk.js'

/** The pages of both sites, by the heading or the field that shows that they are there. */
const PAGES = ({ user, token }: { user: number; token: number }) => [
  '/admin/#/',
  '/admin/#/tokens',
  '/admin/#/tokens/create',
  `/admin/#/tokens/${token}/show`,
  '/admin/#/users',
  '/admin/#/users/create',
  `/admin/#/users/${user}`,
  '/admin/#/groups',
  '/admin/#/groups/create',
  '/admin/#/groups/1',
  '/admin/#/scopes',
  '/admin/#/scopes/create',
  '/admin/#/scopes/employees%3Aread/show',
  '/admin/#/events',
  '/admin/#/events/1/show',
  '/admin/#/employees',
  '/admin/#/employees/create',
  '/admin/#/employees/7',
  '/admin/#/password',
  '/account/#/',
  '/account/#/new',
  '/account/#/sessions',
  '/account/#/password',
]

/** Which words there are and how long they are is the same in the dark. */
const WORDS_ONLY = ['light'] as const

walk(
  'pseudo words',
  async ({ options, picture }) => {
    const asha = await makeUser({ username: 'asha', isStaff: true, isSuperuser: true })
    const { token } = await makePersonal(asha)
    await makeEmployees({ empid: 7 })
    const stranger = await Visitor.open(url, options)
    await speak(stranger.page, 'pseudo')
    await stranger.page.goto(`${url}/account/`)
    const wrong: string[] = await wrongOn(stranger.page, 'sign-in')
    const visitor = await Visitor.openAs(asha, url, options)
    const { page } = visitor
    await speak(page, 'pseudo')
    for (const path of PAGES({ user: asha.id, token: token.id })) {
      // Else it were a step within the page, after which nothing tells that all is there.
      await page.goto(`${url}/healthz`)
      await page.goto(url + path)
      await page.waitForLoadState('networkidle')
      wrong.push(...(await wrongOn(page, path)))
      await picture(page, path.replaceAll(/\W+/g, '-'))
    }
    expect(wrong.join('\n')).to.equal('')
  },
  WORDS_ONLY,
)

walk(
  'pseudo words of what opens',
  async ({ options, picture }) => {
    const asha = await makeUser({ username: 'asha', isStaff: true, isSuperuser: true })
    const test = await makeUser({ username: 'test' })
    const { token } = await makePersonal(asha)
    const visitor = await Visitor.openAs(asha, url, options)
    const { page } = visitor
    await speak(page, 'pseudo')
    const wrong: string[] = []
    const look = async (step: string) => {
      await page.waitForLoadState('networkidle')
      wrong.push(...(await wrongOn(page, step)))
      await picture(page, step)
    }
    const press = (word: string) =>
      page
        .getByRole('button', { name: said(word) })
        .last()
        .click()
    const open = async (path: string) => {
      await page.goto(`${url}/healthz`)
      await visitor.goTo(path)
      await page.waitForLoadState('networkidle')
    }

    await open('employees')
    await look('an empty list')
    await open('employees/import')
    await look('an import')
    const file = (text: string) => ({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
    visitor.expectStatuses(400, 404)
    await page.locator('input[type=file]').setInputFiles(file('empid,empname,salary\r\nx,test,1\r\n'))
    await page.getByRole('alert').last().waitFor()
    await look('an import with an error')
    await page.locator('input[type=file]').setInputFiles(file('empid,empname,salary\r\n7,test,1\r\n8,test,2\r\n'))
    await press('Add all 2')
    await page.getByText(said('All 2 rows were added')).waitFor()
    await look('an import that is done')
    await open('employees?filter={"q":"done"}')
    await look('nothing that matches')
    await open('employees?filter={}')
    await page.getByRole('checkbox').nth(1).check()
    await look('a selected row')
    await press('Delete')
    await page.getByRole('dialog').waitFor()
    await look('deleting rows')
    await page.keyboard.press('Escape')

    await open(`users/${test.id}`)
    await press('Delete')
    await page.getByRole('dialog').waitFor()
    await look('deleting a user')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await press('Make a password')
    await page.getByRole('dialog').waitFor()
    await look('a password link')
    await press('Make link')
    await page.getByRole('button', { name: said('Copy link') }).waitFor()
    await look('a password link that is made')
    await press('Done')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await press('Set password')
    await page.getByRole('dialog').waitFor()
    await look('setting a password')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.locator('input[name=is_superuser]').check()
    await press('Save')
    await page.getByRole('dialog').waitFor()
    await look('making a superuser')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.evaluate("location.hash = '#/groups'")
    await page.getByRole('dialog').waitFor()
    await look('leaving')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.locator('input[name=is_superuser]').uncheck()
    await page.locator('input[name=email]').fill('test@example.com')
    await press('Save')
    await page.getByText(said('Saved')).waitFor()
    await look('saved')
    await press('Disable')
    await page.getByRole('dialog').waitFor()
    await look('disabling')
    await page.keyboard.press('Escape')

    await open(`tokens/${token.id}`)
    await look('editing a token')
    await open(`tokens/${token.id}/show`)
    for (const word of ['Rotate', 'Revoke']) {
      await press(word)
      await page.getByRole('dialog').waitFor()
      await look(word)
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'hidden' })
    }
    await page.waitForLoadState('networkidle')
    await open('tokens')
    await page.waitForLoadState('networkidle')
    await visitor.loseServer()
    await page.evaluate("location.hash = '#/tokens?page=1&sort=name&order=ASC'")
    await page.getByRole('button', { name: said('Try again') }).waitFor()
    wrong.push(...(await wrongOn(page, 'a list that fails')))
    expect(wrong.join('\n')).to.equal('')
  },
  WORDS_ONLY,
)

/** How a word of the catalogue begins in the language that is none, in which a letter may have any accent. */
function said(word: string): RegExp {
  return new RegExp(`⟦${word.replaceAll(/[aeioucn]/gi, '.')}`)
}

walk('Hindi words', async ({ options, picture }) => {
  await makeUser({ username: 'ravi' })
  const visitor = await Visitor.open(url, options)
  const { page } = visitor
  await page.goto(`${url}/account/`)
  await page.getByRole('button', { name: 'हिन्दी' }).click()
  await page.getByRole('heading', { name: 'साइन इन करें' }).waitFor()
  expect(await page.evaluate('document.documentElement.lang')).to.equal('hi')
  await picture(page, 'sign-in')
  await page.locator('input[name=username]').fill('ravi')
  await page.locator('input[name=password]').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'स्वागत है' }).waitFor()
  for (const path of ['', 'new', 'sessions', 'password']) {
    await page.goto(`${url}/healthz`)
    await page.goto(`${url}/account/#/${path}`)
    await page.waitForLoadState('networkidle')
    expect(await page.evaluate(`(${WORDS})('latin')`), path).to.deep.equal([])
    await picture(page, path || 'tokens')
    expect(await visitor.findings()).to.deep.equal([])
  }
})

function speak(page: Page, language: string) {
  return page.context().addInitScript(`localStorage.setItem('latchkey.language', '${language}')`)
}

async function wrongOn(page: Page, where: string) {
  const [texts, cut] = await Promise.all([
    page.evaluate<string[]>(`(${WORDS})('brackets')`),
    page.evaluate<string[]>(CUT),
  ])
  return [...texts.map((text) => `${where}: not of the catalogue: ${text}`), ...cut.map((text) => `${where}: ${text}`)]
}

/** What can be read or heard on the page and is neither a word of the catalogue, nor data, nor a sentence of the API. */
const WORDS = `(proof) => {
  const DATA = /\\b(asha|command|done|everyone|test|[a-z]+:(read|write|admin))\\b/g
  const apart = 'bdi, dd > a, code, time, pre, script, style, [lang="en"]:not(html), [data-name], [data-api], nav [lang]'
  const outside = (text) => (/⟦[^⟦⟧]*⟧/.test(text) ? outside(text.replace(/⟦[^⟦⟧]*⟧/g, '')) : text)
  const isWrong = (text) => /\\p{L}{2}/u.test(text) && (proof === 'brackets' ? /\\p{L}/u.test(outside(text).replace(DATA, '')) : /^[\\x20-\\x7e]*$/.test(text) && /\\p{L}/u.test(text.replace(DATA, '')))
  const found = new Set()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const { parentElement, data } = walker.currentNode
    if (!parentElement.closest(apart) && parentElement.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && isWrong(data)) found.add(data.trim())
  }
  for (const element of document.querySelectorAll('[aria-label], [placeholder], [title], [alt]'))
    for (const name of ['aria-label', 'placeholder', 'title', 'alt']) {
      const value = element.getAttribute(name)
      if (value && !element.closest(apart) && isWrong(value)) found.add(name + '=' + value)
    }
  return [...found]
}`

/** What is wider than the page, and what an ellipsis or an edge cuts off; what scrolls by itself is not cut. */
const CUT = `[
  ...(document.documentElement.scrollWidth > innerWidth ? ['wider than the page by ' + (document.documentElement.scrollWidth - innerWidth)] : []),
  ...[...document.querySelectorAll('.MuiDialogContent-root')].filter((element) => element.scrollWidth > element.clientWidth + 1).map((element) => 'scrolls sideways: ' + element.innerText.slice(0, 60)),
  ...[...document.querySelectorAll('body *')]
    .filter((element) => {
      const style = getComputedStyle(element)
      const isHidden = style.clip !== 'auto' || style.clipPath !== 'none' || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
      const cuts = style.overflowX === 'hidden' || style.overflowX === 'clip'
      const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
      return !isHidden && cuts && hasText && element.scrollWidth > element.clientWidth + 1
    })
    .map((element) => 'cut: ' + element.className + ' ' + element.innerText.slice(0, 60)),
]`
