import { Command } from 'commander'
import { importDjangoCommand } from './import-django.js'

export function importCommand(): Command {
  return new Command('import')
    .description('bring users, groups, tokens and rows from elsewhere')
    .addCommand(importDjangoCommand())
}
