import { edited } from './faults/edited.js'

const FILE = 'platform/shares.js'

/** Passwords are hashed at the least cost but one that bcrypt has, so that there is an older cost: 2 ms instead of 250. */
export const CHEAP_HASHES = edited({ file: FILE, from: 'PASSWORD_COST = passwordCost', to: 'PASSWORD_COST = 5' })

/** Options of a node that has to have it loaded before mocha does, whose `require` no loader edits. */
export const LOAD_HASHES = ['--import', new URL(`../src/${FILE}`, import.meta.url).href]

/** As shipped, for a process of a suite whose own hashes are cheap. */
export const REAL_HASHES = { NODE_OPTIONS: '', FAULT_EDITS: '' }
