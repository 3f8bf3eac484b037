/** The import of a CSV file. */
export const imports = {
  again: 'If you try again, nothing is added twice.',
  button: 'Import CSV',
  cells: 'It has %{count} cells, but the first line names %{columns} columns.',
  choose: 'Choose a CSV file',
  chooseAnother: 'Choose another file',
  done: 'One row was added. |||| All %{smart_count} rows were added.',
  drop: 'or drop one here',
  emptyFile: 'The file is empty. Its first line must name the columns.',
  fileTooLarge:
    'The file is too large for this page, which takes %{rows} rows at once. The command takes files of any size: %{command}',
  help: 'The first line of the file names the columns. It needs: %{required}.',
  leaveLinks: 'Leave without the links?',
  leaveLinksYes: 'Leave',
  line: 'Line',
  links: 'Links to choose a password',
  linksBySuperuser: 'They have no passwords yet. A superuser can make a link for each of them, on the user’s page.',
  linksHelp:
    'Each new user gets a link to choose a password. It works once, within 24 hours. You get the links once, as a file. They are not stored.',
  linksMade: '%{count} of %{all} links made.',
  made: 'The column %{columns} is left out: the service sets it. |||| The columns %{columns} are left out: the service sets them.',
  makeLinks: 'Make a link |||| Make %{smart_count} links',
  missing: 'There is no column %{column}.',
  noPasswords: 'A file has no passwords. Once the users are added, you get a link for each of them to choose one.',
  noRows: 'There are no rows below the first line.',
  onlyWrong: 'Only rows with errors',
  optional: 'It may also have: %{others}.',
  password:
    'The column “%{header}” looks like passwords, which no file should have. Remove it. Users choose their own passwords with a link.',
  preview: 'Rows of the file',
  range: '%{from} to %{to} of %{count}',
  ready:
    'The row is valid. Nothing has been added yet. |||| All %{smart_count} rows are valid. Nothing has been added yet.',
  refused: 'This file cannot be imported:',
  saveLinks: 'Download the links (CSV)',
  someWrong:
    'One of %{all} rows has an error. Nothing is added until all rows are valid. |||| %{smart_count} of %{all} rows have errors. Nothing is added until all rows are valid.',
  store: 'Add the row |||| Add all %{smart_count} rows',
  title: 'Import %{what}',
  toList: 'To the list of %{what}',
  tooMuch:
    'The file has %{count} rows, and this page takes %{rows} rows or 1 MB at once. Split it, or use the command, which takes any number: %{command}',
  twice: 'There are two columns %{column}.',
  unknown: 'The column “%{header}” is unknown. The known columns are: %{columns}.',
  unnamed: 'Column %{place} has no name. The known columns are: %{columns}.',
  unreadable: 'Line %{line} cannot be read: %{why}.',
} as const
