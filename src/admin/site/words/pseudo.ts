import { english } from './english'

const ACCENTS: Record<string, string> = {
  a: 'á',
  e: 'é',
  i: 'í',
  o: 'ö',
  u: 'ü',
  c: 'ç',
  n: 'ñ',
  A: 'Á',
  E: 'É',
  O: 'Ö',
  U: 'Ü',
}

/** English that looks like another language. Text without brackets is not from the catalogue. All of it is 40 % longer. */
export const pseudo = Object.fromEntries(Object.entries(english).map(([area, words]) => [area, disguised(words)]))

function disguised(words: unknown): unknown {
  if (typeof words === 'string')
    return words
      .split('||||')
      .map((form) => `⟦${longer(form.trim())}⟧`)
      .join(' |||| ')
  if (typeof words !== 'object' || words === null) return words
  return Object.fromEntries(Object.entries(words).map(([name, word]) => [name, disguised(word)]))
}

/** Placeholders stay. */
function longer(form: string) {
  const accented = form.replaceAll(/%\{\w+\}|[a-zA-Z]/g, (part) => ACCENTS[part] ?? part)
  const more = Math.ceil(form.replaceAll(/%\{\w+\}/g, '').length * 0.4)
  return `${accented} ${'~lorem'.repeat(Math.ceil(more / 6)).slice(0, more)}`
}
