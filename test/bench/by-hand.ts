import type { AddressInfo } from 'node:net'
import bcrypt from 'bcrypt'
import express, { type NextFunction, type Request, type Response } from 'express'
import { DataTypes, type Model, Op, Sequelize } from 'sequelize'

// Baseline: the service that somebody writes by hand on the same libraries: a token is looked up on each request, nothing is
// kept in memory, and there is no document, log, limit or check beyond the types of the database. BENCH_ROWS employees.

type Row = Model & Record<string, unknown>

const sqlite = /^sqlite:(.+)$/.exec(process.env.DATABASE_URL!)
const sequelize = sqlite
  ? new Sequelize({ dialect: 'sqlite', storage: sqlite[1], logging: false })
  : new Sequelize(process.env.DATABASE_URL!, { logging: false, pool: { max: 10 } })

const User = sequelize.define<Row>('by_hand_user', {
  username: { type: DataTypes.STRING, unique: true },
  password: DataTypes.STRING,
})
const Token = sequelize.define<Row>('by_hand_token', { key: { type: DataTypes.STRING, primaryKey: true } })
Token.belongsTo(User, { as: 'user' })
const Employee = sequelize.define<Row>(
  'by_hand_employee',
  {
    empid: { type: DataTypes.INTEGER, primaryKey: true },
    empname: DataTypes.STRING(20),
    salary: DataTypes.DECIMAL(10, 2),
  },
  { timestamps: false },
)

await sequelize.sync()
if (sqlite) await sequelize.query('PRAGMA journal_mode = WAL')
await fill(Number(process.env.BENCH_ROWS))

const app = express()
app.use(express.json())
app.post('/gettoken/', async (request, response) => {
  const user = await User.findOne({ where: { username: String(request.body.username) } })
  if (!user || !(await bcrypt.compare(String(request.body.password), user.password as string)))
    return void response.status(400).json({ non_field_errors: ['Unable to log in with provided credentials.'] })
  const token = await Token.findOne({ where: { userId: user.id } })
  response.json({ token: token!.key })
})
app.use('/api', authenticate)
app.get('/api/emp_viewset', async (request, response) => {
  const { limit = '100', offset = '0', empname_contains: text } = request.query as Record<string, string>
  const where = text === undefined ? {} : { empname: { [Op.like]: `%${text}%` } }
  response.json(await Employee.findAll({ where, order: ['empid'], limit: Number(limit), offset: Number(offset) }))
})
app.post('/api/emp_viewset', async (request, response) => {
  response.status(201).json(await Employee.create(request.body))
})
app.get('/api/emp_viewset/:empid', async (request, response) => {
  const employee = await Employee.findByPk(request.params.empid)
  if (employee) response.json(employee)
  else response.status(404).json({ detail: 'Not found.' })
})
app.patch('/api/emp_viewset/:empid', async (request, response) => {
  const employee = await Employee.findByPk(request.params.empid)
  if (employee) response.json(await employee.update(request.body))
  else response.status(404).json({ detail: 'Not found.' })
})
const server = app.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port, msg: 'listening' }))
})

async function authenticate(request: Request, response: Response, next: NextFunction) {
  const [, key] = /^Token (\S+)$/.exec(request.headers.authorization ?? '') ?? []
  const token = key === undefined ? null : await Token.findOne({ where: { key }, include: 'user' })
  if (token) next()
  else response.status(401).json({ detail: 'Invalid token.' })
}

/** Rows 1 to `count`, and the one user. */
async function fill(count: number) {
  if ((await Employee.count()) > 0) return
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})`
  await sequelize.query(
    `INSERT INTO by_hand_employees (empid, empname, salary) ${numbers} SELECT n, 'Employee ' || n, 20000 + n % 1000 FROM numbers`,
  )
  const user = await User.create({ username: 'Srinivas', password: await bcrypt.hash('admin123', 12) })
  await Token.create({ key: process.env.BENCH_TOKEN, userId: user.id })
}
