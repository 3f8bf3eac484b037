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

walk('pseudo words', async ({ options, picture }) => {
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
})

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
