import { edited } from './faults/edited.js'

/** Passwords are hashed at the least cost but one that bcrypt has, so that there is an older cost: 2 ms instead of 250. */
export const CHEAP_HASHES = edited({ file: 'identity/users/password.js', from: 'COST = 12', to: 'COST = 5' })

/** As shipped, for a process of a suite whose own hashes are cheap. */
export const REAL_HASHES = { NODE_OPTIONS: '', FAULT_EDITS: '' }
