/** A page of an export has its own header; in the whole file there is one. */
export function withoutHeader(csv: string): string {
  const end = csv.indexOf("\n");
  return end < 0 ? "" : csv.slice(end + 1);
}

/** Rows of a page, its header not counted: a line break within quotation marks ends none. */
export function countRows(csv: string): number {
  let lines = 0;
  let quoted = false;
  let begun = false;
  for (const character of csv) {
    if (character === '"') quoted = !quoted;
    begun = quoted || character !== "\n";
    if (!begun) lines += 1;
  }
  return Math.max(0, lines + (begun ? 1 : 0) - 1);
}
