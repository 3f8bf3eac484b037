import { KnownAddress } from '../../src/identity/sign-in/sign-in.js'
import { hashPassword } from '../../src/identity/users/password.js'
import { User } from '../../src/identity/users/user.js'
import { settings } from '../../src/platform/config.js'
import { sequelize } from '../../src/platform/database/connection.js'
import { write } from '../../src/platform/database/write-queue.js'
import { prepare } from '../../src/process/prepare.js'

// Puts people with one password, LOAD_PASSWORD, into the database that DATABASE_URL names: those of LOAD_PEOPLE, a list of names and
// addresses from which they have signed in before.

const people = JSON.parse(process.env.LOAD_PEOPLE!) as { username: string; address: string }[]

await prepare(settings(), 'create')
const hash = await hashPassword(process.env.LOAD_PASSWORD!, '')
await write(async (transaction) => {
  const flags = { email: '', isActive: true, isStaff: false, isSuperuser: false }
  const rows = people.map(({ username }) => ({ username, usernameFolded: username, ...flags, ...hash }))
  const users = await User.bulkCreate(rows, { transaction, returning: true })
  const lastLoginAt = new Date()
  const known = users.map(({ id }, index) => ({ userId: id, address: people[index]!.address, lastLoginAt }))
  await KnownAddress.bulkCreate(known, { transaction })
})
await sequelize.close()
