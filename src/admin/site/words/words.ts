import polyglotI18nProvider from 'ra-i18n-polyglot'
import type { I18nProvider } from 'react-admin'
import { english } from './english'

type Catalogue = Omit<typeof english, 'ra'>

/** Such as `tokens.revoke`: an area and a word of it. */
export type Key = { [Area in keyof Catalogue]: `${Area}.${keyof Catalogue[Area] & string}` }[keyof Catalogue]

/** What another language has of the catalogue; the rest is shown in English. */
export type Translation = { [Area in keyof typeof english]?: object }

/** The languages beside English, each in a file that is loaded when somebody asks for it. */
const OTHERS: Record<string, () => Promise<Translation>> = {
  hi: async () => (await import('./hindi')).hindi,
  pseudo: async () => (await import('./pseudo')).pseudo,
}

/** What one can choose. */
export const LANGUAGES = [
  { tag: 'en', name: 'English' },
  { tag: 'hi', name: 'हिन्दी' },
] as const

const CHOSEN = 'latchkey.language'

let provider = providerOf('en', {})

/**
 * Loads the language that was chosen here, else the first of the browser's languages that there is. To be awaited before any
 * other file of the site is loaded.
 */
export async function loadWords(): Promise<void> {
  const wished = [localStorage.getItem(CHOSEN) ?? [], navigator.languages.map((tag) => tag.split('-')[0]!)].flat()
  const language = wished.find((name) => name === 'en' || name in OTHERS) ?? 'en'
  const load = OTHERS[language]
  if (!load) return
  const translation = await load().catch(() => undefined)
  // Who cannot have the language has English.
  if (!translation) return
  provider = providerOf(language, translation)
  document.documentElement.lang = language
}

/**
 * The words of the site in the reader's language.
 * @param values for `%{name}`; `smart_count` chooses between the forms, which `||||` separates
 */
export function text(key: Key, values?: Record<string, string | number>): string {
  return provider.translate(key, values)
}

export function currentLanguage(): string {
  return provider.getLocale()
}

/** The language is chosen once a page: texts are taken where files are loaded, too. */
export async function chooseLanguage(language: string): Promise<void> {
  localStorage.setItem(CHOSEN, language)
  location.reload()
}

/** For react-admin's own components; a text that is no key stands for itself. */
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
