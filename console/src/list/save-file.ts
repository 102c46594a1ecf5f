/** Gives the browser a file to keep. */
export function saveFile({ name, type, parts }: { name: string; type: string; parts: readonly string[] }): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the file's contents by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
