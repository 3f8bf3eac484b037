/** By their last part, so that `policemen` and `grandchildren` are found too. */
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

/** Those of them that are no end of another word: `ties` is `tie`, and `parties` is `party`. */
const ALONE = ['men', 'oxen', 'ties', 'pies', 'lies', 'lives', 'axes', 'menus', 'gases', 'halves', 'lenses']

/** Plural endings and what stands for them in the singular, the first that fits. */
const ENDINGS: [RegExp, string][] = [
  [/(analy|^the|hypothe|synthe|parenthe|^cri|diagno)ses$/, '$1sis'],
  [/(?<=[^aeiou])ies$/, 'y'],
  [/(ss|sh|ch|x|zz)es$/, '$1'],
  [/(?<![su]|si)s$/, ''],
]

/** Plurals that are no other word in the singular, or words that have none. */
const NONE = /(^|_)(series|species|news|staff|equipment|information|data|media)$/

/**
 * English alone, by rules of thumb: what it chooses is printed, and `--singular` says otherwise.
 * @returns nothing for what is no plural
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

/** What `singularOf` has come from. */
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
