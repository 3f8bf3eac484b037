import polyglotI18nProvider from 'ra-i18n-polyglot'
import type { I18nProvider } from 'react-admin'
import { english } from './english'

type Catalogue = Omit<typeof english, 'ra'>

/** Such as `tokens.revoke`: an area and a word of it. */
export type Key = { [Area in keyof Catalogue]: `${Area}.${keyof Catalogue[Area] & string}` }[keyof Catalogue]

/** The part of the catalogue that another language has. The rest is shown in English. */
export type Translation = { [Area in keyof typeof english]?: object }

/** The languages besides English. Each is in a file that is loaded when somebody chooses it. */
const OTHERS: Record<string, () => Promise<Translation>> = {
  hi: async () => (await import('./hindi')).hindi,
  pseudo: async () => (await import('./pseudo')).pseudo,
}

/** The languages to choose from. */
export const LANGUAGES = [
  { tag: 'en', name: 'English' },
  { tag: 'hi', name: 'हिन्दी' },
] as const

const CHOSEN = 'latchkey.language'

let provider = providerOf('en', {})

/**
 * Loads the language that was chosen here, or else the first of the browser's languages that exists. Await it before any other
 * file of the site is loaded.
 */
export async function loadWords(): Promise<void> {
  const wished = [localStorage.getItem(CHOSEN) ?? [], navigator.languages.map((tag) => tag.split('-')[0]!)].flat()
  const language = wished.find((name) => name === 'en' || name in OTHERS) ?? 'en'
  const load = OTHERS[language]
  if (!load) return
  const translation = await load().catch(() => undefined)
  // If the language cannot be loaded, English is used.
  if (!translation) return
  provider = providerOf(language, translation)
  document.documentElement.lang = language
}

/**
 * The words of the site in the user's language.
 * @param values for `%{name}`; `smart_count` chooses between the forms, which `||||` separates
 */
export function text(key: Key, values?: Record<string, string | number>): string {
  return provider.translate(key, values)
}

export function currentLanguage(): string {
  return provider.getLocale()
}

/** The page is loaded again for another language, because files use texts when they are loaded. */
export async function chooseLanguage(language: string): Promise<void> {
  localStorage.setItem(CHOSEN, language)
  location.reload()
}

/** For react-admin's own components. A text that is not a key stays as it is. */
export const i18nProvider: I18nProvider = {
  // The library has words of its own for a key that it does not find.
  translate: (key, values) => (/\s/.test(key) ? key : provider.translate(key, values)),
  changeLocale: chooseLanguage,
  getLocale: () => provider.getLocale(),
}

function providerOf(language: string, translation: Translation) {
  const areas = Object.keys(english) as (keyof Translation)[]
  const messages = Object.fromEntries(areas.map((area) => [area, merged(english[area], translation[area] ?? {})]))
  return polyglotI18nProvider(() => messages as never, language, [], {
    allowMissing: true,
    onMissingKey: (key: string) => key,
  })
}

/** Those of react-admin are nested. */
function merged(words: object, over: object): object {
  const entries = Object.entries(over).map(([name, word]) => {
    const below = (words as Record<string, unknown>)[name]
    return [name, typeof word === 'object' && typeof below === 'object' ? merged(below as object, word) : word]
  })
  return { ...words, ...Object.fromEntries(entries) }
}
