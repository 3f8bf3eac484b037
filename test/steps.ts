/** What a program of steps has done; it goes on after one that fails, because the next ones are often about something else. */
export class Steps {
  private readonly outcomes: boolean[] = []

  /** @param work throws where it fails; text that it gives is printed */
  async step(name: string, work: () => Promise<unknown>): Promise<boolean> {
    const started = performance.now()
    const { isDone, told } = await work().then(
      (told) => ({ isDone: true, told }),
      (error) => ({ isDone: false, told: String(error?.stack ?? error) }),
    )
    this.outcomes.push(isDone)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`${name}: ${isDone ? `ok, ${seconds} s` : 'failed'}${typeof told === 'string' ? `: ${told}` : ''}`)
    return isDone
  }

  /** Prints the sum and sets the exit code. */
  end(): void {
    const failed = this.outcomes.filter((isDone) => !isDone).length
    console.log(`${this.outcomes.length - failed} passed, ${failed} failed`)
    process.exitCode = failed > 0 || this.outcomes.length === 0 ? 1 : 0
  }
}
