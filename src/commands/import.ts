import { Command } from 'commander'
import { importCsvCommand } from './import-csv.js'
import { importDjangoCommand } from './import-django.js'

export function importCommand(): Command {
  return new Command('import')
    .description('import users, groups, tokens and rows from elsewhere')
    .addCommand(importDjangoCommand())
    .addCommand(importCsvCommand())
}
