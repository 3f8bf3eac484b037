import { mkdtemp, rm } from 'node:fs/promises'
import { expect } from 'chai'
import { type Database, freshDatabase } from '../databases.js'
import { ask, type Question, type Reply, token } from './ask.js'
import { identityIn, identityOf } from './cases.js'
import { Gate, KINDS, type Kind } from './gates.js'
import { Authority, type Given, type Person } from './people.js'
import { EchoService } from './service.js'

/** Where clients come from. */
export const HOME = '127.0.0.5'

/** What all kinds stand between, and whom they let in; each file of cases has its own. */
export class Stage {
  database!: Database
  latchkey!: Authority
  service!: EchoService
  room!: string
  anna!: Person
  /** Hers, which may read and which may write. */
  reads!: Given
  writes!: Given

  async start(): Promise<void> {
    this.database = await freshDatabase()
    this.latchkey = await Authority.start(this.database.env)
    this.service = await EchoService.start()
    this.room = await mkdtemp('build/proxies-')
    this.anna = await this.latchkey.add('anna')
    this.reads = await this.latchkey.give(this.anna)
    this.writes = await this.latchkey.give(this.anna, { scopes: ['reports:write'] })
  }

  async stop(): Promise<void> {
    await this.latchkey?.stop()
    this.service?.close()
    if (this.room) await rm(this.room, { recursive: true, force: true })
    await this.database?.remove()
  }
}

/** One kind on the stage. */
export class Column {
  gate!: Gate

  constructor(
    private readonly stage: Stage,
    private readonly kind: Kind,
    /** Adds a test, whose outcome stands in the table. */
    readonly cell: (title: string, run: () => Promise<string>) => void,
  ) {}

  get isProxy(): boolean {
    return this.kind.kind === 'proxy'
  }

  get isNginx(): boolean {
    return this.kind.name === 'nginx'
  }

  async start(): Promise<void> {
    const { latchkey, service, room } = this.stage
    this.gate = await Gate.start(this.kind, { latchkey: [latchkey.port], service: service.port, room })
    service.reached.length = 0
  }

  send(question: Question = {}): Promise<Reply> {
    return ask(this.gate.port, { from: HOME, ...question })
  }

  /** With a token. */
  get(given: Given, question: Question = {}): Promise<Reply> {
    return this.send({ ...question, lines: [token(given.value), ...(question.lines ?? [])] })
  }

  /** It was let in, and the service took it for that person and token. */
  expectIn(reply: Reply, person = this.stage.anna, given = this.stage.reads): void {
    expect(reply.status, reply.text).to.equal(200)
    const said = JSON.parse(reply.text)
    if (this.isProxy) expect(identityIn(said.headers)).to.equal(identityOf(person, given.id, 'reports:read'))
    else expect(`${said.id} ${said.name}`).to.equal(`${person.id} ${person.name}`)
  }

  /** A preflight carries no token, and reaches a service behind a proxy as nobody's. */
  async expectPreflightOfNobody(lines: string[]): Promise<void> {
    const { reached } = this.stage.service
    reached.length = 0
    const { status } = await this.send({ method: 'OPTIONS', lines })
    // A name that is none is refused by some.
    if (status === 400 && reached.length === 0) return
    expect(status, lines.join()).to.equal(200)
    expect(reached.map(({ headers }) => identityIn(headers))).to.deep.equal([''])
    reached.length = 0
  }

  /** Nothing has come to the service. */
  expectNobody(what = ''): void {
    expect(this.stage.service.reached, what).to.deep.equal([])
  }
}

/**
 * Cases x kinds: each cell is a test that says what it gave, and the table of them is printed at its end.
 * @param prepare what the cases need beside the stage
 * @param cases the cells of one kind
 */
export function describeTable(
  title: string,
  stage: Stage,
  { prepare, cases }: { prepare: () => Promise<void>; cases: (column: Column) => void },
): void {
  describe(title, function () {
    this.timeout(60_000)
    /** Case -> kind -> what it gave. */
    const cells = new Map<string, Map<string, string>>()

    before(async () => {
      await stage.start()
      await prepare()
    })

    after(async () => {
      await stage.stop()
      const width = Math.max(...[...cells.keys()].map((title) => title.length))
      console.log(`\n    ${''.padEnd(width)}  ${KINDS.map(({ name }) => name.padEnd(8)).join(' ')}`)
      for (const [title, row] of cells)
        console.log(`    ${title.padEnd(width)}  ${KINDS.map(({ name }) => (row.get(name) ?? '').padEnd(8)).join(' ')}`)
    })

    for (const kind of KINDS)
      describe(`by ${kind.name}`, () => {
        const column = new Column(stage, kind, (title, run) =>
          it(title, async () => {
            const row = cells.get(title) ?? cells.set(title, new Map()).get(title)!
            row.set(kind.name, 'FAILED')
            row.set(kind.name, await run())
          }),
        )
        before(() => column.start())
        after(() => column.gate?.stop())
        afterEach(() => {
          stage.service.reached.length = 0
        })
        cases(column)
      })
  })
}
