/** What a simple CHECK says about one column. */
export interface Rule {
  values?: string[]
  least?: number
  most?: number
}

/** The conditions of the CHECK constraints in a statement that makes a table. */
export function checksIn(sql: string): string[] {
  return [...sql.matchAll(/\bCHECK\s*\(/gi)].map(({ index, 0: start }) => {
    const from = index + start.length
    return sql.slice(from, closing(sql, from))
  })
}

/**
 * @param conditions from the database: SQLite has the text of the author, and PostgreSQL its own
 * @returns only what is plain, so that at worst a rule is too wide
 */
export function ruleOf(column: string, conditions: string[]): Rule {
  const rule: Rule = {}
  for (const condition of conditions) {
    const text = plain(condition)
    if (/\bOR\b/i.test(text)) continue
    const name = `(?<![\\w"])["\`[]?${column.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}["\`\\]]?`
    const list = new RegExp(`${name} (?:IN|= ANY)[ (]*(?:ARRAY)?[ [(]*((?: ?'(?:[^']|'')*' ?,?)+)`, 'i').exec(text)?.[1]
    if (list) rule.values = [...list.matchAll(/'((?:[^']|'')*)'/g)].map(([, value]) => value!.replaceAll("''", "'"))
    for (const [, sign, number] of text.matchAll(new RegExp(`${name} (>=|>|<=|<) (-?\\d{1,15})(?![.\\d])`, 'gi'))) {
      if (sign!.startsWith('>')) rule.least = Number(number) + (sign === '>' ? 1 : 0)
      else rule.most = Number(number) - (sign === '<' ? 1 : 0)
    }
    const [, from, to] = new RegExp(`${name} BETWEEN (-?\\d{1,15}) AND (-?\\d{1,15})(?![.\\d])`, 'i').exec(text) ?? []
    if (from !== undefined) Object.assign(rule, { least: Number(from), most: Number(to) })
  }
  return rule
}

/** The condition without casts, without needless parentheses around names and numbers, and without doubled spaces. */
function plain(condition: string): string {
  return condition
    .replace(/::(?:character varying|double precision|"?\w+"?)(?:\(\d+\))?(?:\[\])?/g, '')
    .replace(/\((["`[]?\w+["`\]]?|-?\d+|'-?\d+')\)/g, '$1')
    .replace(/'(-?\d+)'(?= *(?:\)|AND|$))/gi, '$1')
    .replace(/([<>]=?)/g, ' $1 ')
    .replace(/([^ ])\(/g, '$1 (')
    .replace(/\s+/g, ' ')
}

/** The position of the parenthesis that closes the one before `from`. Texts may contain others. */
function closing(sql: string, from: number): number {
  let depth = 1
  for (let at = from; at < sql.length; at++) {
    if (sql[at] === "'") at = Math.max(at, sql.indexOf("'", at + 1))
    else if (sql[at] === '(') depth++
    else if (sql[at] === ')' && --depth === 0) return at
  }
  return sql.length
}
