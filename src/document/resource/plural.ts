/** Matched at the end of a word, so that `policemen` and `grandchildren` are found too. */
const IRREGULAR: [plural: string, singular: string][] = [
  ['people', 'person'],
  ['children', 'child'],
  ['women', 'woman'],
  ['men', 'man'],
  ['mice', 'mouse'],
  ['geese', 'goose'],
  ['teeth', 'tooth'],
  ['feet', 'foot'],
  ['oxen', 'ox'],
  ['criteria', 'criterion'],
  ['phenomena', 'phenomenon'],
  ['indices', 'index'],
  ['matrices', 'matrix'],
  ['vertices', 'vertex'],
  ['quizzes', 'quiz'],
  ['buses', 'bus'],
  ['statuses', 'status'],
  ['viruses', 'virus'],
  ['bonuses', 'bonus'],
  ['campuses', 'campus'],
  ['aliases', 'alias'],
  ['lenses', 'lens'],
  ['gases', 'gas'],
  ['movies', 'movie'],
  ['cookies', 'cookie'],
  ['calories', 'calorie'],
  ['ties', 'tie'],
  ['pies', 'pie'],
  ['lies', 'lie'],
  ['heroes', 'hero'],
  ['potatoes', 'potato'],
  ['tomatoes', 'tomato'],
  ['echoes', 'echo'],
  ['vetoes', 'veto'],
  ['leaves', 'leaf'],
  ['halves', 'half'],
  ['shelves', 'shelf'],
  ['wolves', 'wolf'],
  ['knives', 'knife'],
  ['wives', 'wife'],
  ['lives', 'life'],
  ['thieves', 'thief'],
  ['caches', 'cache'],
  ['axes', 'axis'],
  ['menus', 'menu'],
]

/** Plurals that only match whole words: `ties` is `tie`, but `parties` is `party`. */
const ALONE = ['men', 'oxen', 'ties', 'pies', 'lies', 'lives', 'axes', 'menus', 'gases', 'halves', 'lenses']

/** Plural endings and their singular. The first match counts. */
const ENDINGS: [RegExp, string][] = [
  [/(analy|^the|hypothe|synthe|parenthe|^cri|diagno)ses$/, '$1sis'],
  [/(?<=[^aeiou])ies$/, 'y'],
  [/(ss|sh|ch|x|zz)es$/, '$1'],
  [/(?<![su]|si)s$/, ''],
]

/** Words whose plural is the same as the singular, or that have none. */
const NONE = /(^|_)(series|species|news|staff|equipment|information|data|media)$/

/**
 * The singular of an English word, by rules of thumb. The result is printed, and `--singular` can change it.
 * @returns nothing for a word that is not a plural
 */
export function singularOf(plural: string): string | undefined {
  if (NONE.test(plural)) return undefined
  const [start, last] = parts(plural)
  for (const [many, one] of IRREGULAR)
    if (ALONE.includes(many) ? last === many : last.endsWith(many))
      return `${start}${last.slice(0, -many.length)}${one}`
  if (/men$/.test(last) && last.length > 5) return `${start}${last.slice(0, -2)}an`
  const [ending, replacement] = ENDINGS.find(([pattern]) => pattern.test(last)) ?? []
  const singular = ending && last.replace(ending, replacement!)
  return singular ? `${start}${singular}` : undefined
}

/** The inverse of `singularOf`. */
export function pluralOf(singular: string): string {
  if (singularOf(singular) !== undefined && !/(ss|us|is)$/.test(singular)) return singular
  const [start, last] = parts(singular)
  for (const [many, one] of IRREGULAR)
    if (ALONE.includes(many) ? last === one : last.endsWith(one)) return `${start}${last.slice(0, -one.length)}${many}`
  if (NONE.test(last)) return `${singular}_rows`
  if (/[^aeiou]y$/.test(last)) return `${singular.slice(0, -1)}ies`
  if (/sis$/.test(last)) return `${singular.slice(0, -2)}es`
  return /(s|sh|ch|x|z)$/.test(last) ? `${singular}es` : `${singular}s`
}

function parts(name: string): [start: string, last: string] {
  const cut = name.lastIndexOf('_') + 1
  return [name.slice(0, cut), name.slice(cut)]
}
