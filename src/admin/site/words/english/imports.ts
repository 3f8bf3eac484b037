/** Taking a CSV in. */
export const imports = {
  again: 'Nothing is added twice when you try again.',
  button: 'Import CSV',
  cells: 'It has %{count} cells where the first line names %{columns} columns.',
  choose: 'Choose a CSV file',
  chooseAnother: 'Choose another file',
  done: 'One row is added. |||| All %{smart_count} rows are added.',
  drop: 'or drop one here',
  emptyFile: 'There is nothing in the file. Its first line names the columns.',
  fileTooLarge:
    'The file is too large for this page, which takes %{rows} rows at once. The command takes files of any size: %{command}',
  help: 'The first line of the file names the columns. It needs: %{required}.',
  leaveLinks: 'Leave without the links?',
  leaveLinksYes: 'Leave',
  line: 'Line',
  links: 'Links to choose a password',
  linksBySuperuser:
    'They have no passwords yet. A superuser can make a link for each of them, on the page of the user.',
  linksHelp:
    'Each new user gets a link to choose a password. It works once, within 24 hours. The links are shown once, as a file, and kept nowhere.',
  linksMade: '%{count} of %{all} links are made.',
  made: 'The column %{columns} is left out: the service sets it. |||| The columns %{columns} are left out: the service sets them.',
  makeLinks: 'Make a link |||| Make %{smart_count} links',
  missing: 'There is no column %{column}.',
  noPasswords: 'A file has no passwords: once the users are here, you get a link for each of them to choose one.',
  noRows: 'There are no rows beneath the first line.',
  onlyWrong: 'Only rows with something wrong',
  optional: 'It may also have: %{others}.',
  password:
    'The column “%{header}” looks like passwords, which no file should have. Take it out: users choose their own by a link.',
  preview: 'Rows of the file',
  range: '%{from} to %{to} of %{count}',
  ready: 'The row is right. Nothing is added yet. |||| All %{smart_count} rows are right. Nothing is added yet.',
  refused: 'Nothing of this file can be taken:',
  saveLinks: 'Download the links (CSV)',
  someWrong:
    'One of %{all} rows has something wrong. Nothing is added until all are right. |||| %{smart_count} of %{all} rows have something wrong. Nothing is added until all are right.',
  store: 'Add the row |||| Add all %{smart_count} rows',
  title: 'Import %{what}',
  toList: 'To the list of %{what}',
  tooMuch:
    'The file has %{count} rows, and this page takes %{rows} rows or 1 MB at once. Split it, or use the command, which takes any number: %{command}',
  twice: 'There are two columns %{column}.',
  unknown: 'The column “%{header}” is unknown. There are: %{columns}.',
  unnamed: 'Column %{place} has no name. There are: %{columns}.',
  unreadable: 'Line %{line} cannot be read: %{why}.',
} as const
