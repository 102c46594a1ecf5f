interface Texts<T> {
  readonly text?: ((record: T) => string) | undefined;
}

/**
 * Narrows records that are here by what is typed: each word has to be somewhere in what the columns say. A record's text
 * is made once, so that the next letter only compares.
 */
export function createNarrowing<T extends object>(columns: readonly Texts<T>[]) {
  const texts = new WeakMap<T, string>();
  const textOf = (record: T) => {
    const known = texts.get(record);
    if (known !== undefined) return known;
    const text = columns
      .flatMap((column) => column.text?.(record) ?? [])
      .join("\n")
      .toLowerCase();
    texts.set(record, text);
    return text;
  };
  return (records: readonly T[], typed: string): readonly T[] => {
    const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return records;
    return records.filter((record) => words.every((word) => textOf(record).includes(word)));
  };
}
