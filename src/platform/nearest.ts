/** The Levenshtein distance: how many letters to insert, delete or replace. */
export function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [line, letter] of [...one].entries()) {
    const above = row
    row = [line + 1]
    for (let column = 1; column <= other.length; column++)
      row.push(
        Math.min(above[column]! + 1, row[column - 1]! + 1, above[column - 1]! + (letter === other[column - 1] ? 0 : 1)),
      )
  }
  return row[other.length]!
}
