/** From this line of a file on nothing can be read. Nothing of what stands there is in the sentence. */
export class CsvFailure extends Error {
  /** From 1. */
  readonly line: number
  readonly sentence: string

  constructor(line: number, sentence: string) {
    super(`line ${line}: ${sentence}`)
    this.line = line
    this.sentence = sentence
  }
}
