import { register } from 'node:module'

// Given to Node by --import, it makes our server one without authentication: what the hook costs is the difference.

register('./open-hooks.js', import.meta.url)
