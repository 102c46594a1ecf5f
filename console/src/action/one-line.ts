/** What was typed into a box of several lines, as the API takes it: text without line breaks. */
export function onOneLine(text: string): string {
  return text.trim().replaceAll(/\s*[\r\n]+\s*/g, " ");
}
