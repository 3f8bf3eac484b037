import type { Wish } from '../src/document/resource/arguments.js'

/** What `npm run resource -- add` is given in a line that needs no quotes. */
export function wishIn(line: string): Wish {
  const [name, ...words] = line.replace('npm run resource -- add ', '').split(' ')
  const option = (flag: string) => (words.includes(flag) ? words.splice(words.indexOf(flag), 2)[1] : undefined)
  const [key, singular] = [option('--key'), option('--singular')]
  const fields = words.filter((word) => word !== '--owned')
  return { name: name!, key, singular, fields, ...(words.includes('--owned') && { owned: true }) }
}
