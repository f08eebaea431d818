// A plain table for the terminal; Vietnamese letters count as one column each.

/** Lays rows out in columns under their titles. */
export function table (titles: string[], rows: string[][]): string {
  const widths = titles.map((title, column) => Math.max(...[title, ...rows.map(row => row[column] ?? '')].map(widthOf)))
  const line = (cells: string[]): string => cells.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell))).join('  ').trimEnd()
  return [line(titles), line(widths.map(width => '─'.repeat(width))), ...rows.map(line)].join('\n')
}

function widthOf (cell: string): number {
  return [...cell.normalize('NFC')].length
}

/** Cuts a text to so many columns. */
export function shorten (cell: string, columns: number): string {
  const letters = [...cell.normalize('NFC')]
  return letters.length <= columns ? cell : `${letters.slice(0, columns - 1).join('')}…`
}
