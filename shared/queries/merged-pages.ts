/** An entry of some sorted source. Entries with the same position are the same record. */
export interface Placed {
  readonly position: string;
}

/** Entries in the merge's order, the first `limit` after a position; `isEnd` where there are no more. */
export type ReadSource<Source, Entry extends Placed> = (
  source: Source,
  after: string | undefined,
  limit: number,
) => Promise<{ readonly entries: readonly Entry[]; readonly isEnd: boolean }>;

interface Strand<Source, Entry> {
  readonly source: Source;
  buffer: Entry[];
  /** The last position read. */
  at: string | undefined;
  isEnd: boolean;
  /** Entries given out, in all and since the last reading. */
  given: number;
  givenLately: number;
}

/** Round trips that one call may take. */
const MAX_ROUNDS = 10;
/** Part of what is expected to be needed that is read at once; the rest follows, by what was seen then. */
const CAUTION = 0.8;
/** Entries by which a source's share so far counts against its share lately. */
const INERTIA = 10;

export interface MergeOptions<Source, Entry extends Placed> {
  readonly sources: readonly Source[];
  readonly descending: boolean;
  readonly after?: string | undefined;
  readonly read: ReadSource<Source, Entry>;
}

export type Merge<Entry extends Placed> = ReturnType<typeof createMerge<unknown, Entry>>;

/**
 * Merges sorted sources by position, reading little more than what it gives out. How much of each source is needed is
 * estimated from what was seen; sources are read side by side.
 */
export function createMerge<Source, Entry extends Placed>(options: MergeOptions<Source, Entry>) {
  const { descending, read } = options;
  const strands: Strand<Source, Entry>[] = options.sources.map((source) => ({
    source,
    buffer: [],
    at: options.after,
    isEnd: false,
    given: 0,
    givenLately: 0,
  }));
  const comesBefore = (a: Placed, b: Placed) => (descending ? a.position > b.position : a.position < b.position);
  let entriesRead = 0;
  let lastGiven: string | undefined;

  /** Nothing can be given out while a source that may hold the next entry has none at hand. */
  const isBlocked = () => strands.some(({ buffer, isEnd }) => buffer.length === 0 && !isEnd);
  const hasEnded = () => strands.every(({ buffer, isEnd }) => buffer.length === 0 && isEnd);

  function give(out: Entry[], wanted: number): void {
    while (out.length < wanted && !isBlocked()) {
      let first: Strand<Source, Entry> | undefined;
      for (const strand of strands) {
        const [head] = strand.buffer;
        const [best] = first?.buffer ?? [];
        if (head !== undefined && (best === undefined || comesBefore(head, best))) first = strand;
      }
      const entry = first?.buffer.shift();
      if (first === undefined || entry === undefined) return;
      first.given += 1;
      first.givenLately += 1;
      // A record may be in several sources; each is read once of course, and given out once.
      if (entry.position !== lastGiven) out.push(entry);
      lastGiven = entry.position;
    }
  }

  async function readMore(strand: Strand<Source, Entry>, limit: number): Promise<void> {
    const { entries, isEnd } = await read(strand.source, strand.at, limit);
    entriesRead += entries.length;
    strand.buffer.push(...entries);
    strand.at = entries.at(-1)?.position ?? strand.at;
    strand.isEnd = isEnd;
  }

  return {
    /** True when everything has been given out. */
    hasEnded,
    entriesRead: () => entriesRead,

    /** The next entries in order: `wanted` of them, or fewer where reading `mayRead` entries didn't yield as many. */
    async take(wanted: number, mayRead: number): Promise<Entry[]> {
      const out: Entry[] = [];
      const upTo = entriesRead + mayRead;
      give(out, wanted);
      for (let round = 0; round < MAX_ROUNDS && out.length < wanted && !hasEnded(); round += 1) {
        const sizes = readSizes(strands, wanted - out.length, upTo - entriesRead);
        if (sizes.length === 0) break;
        for (const strand of strands) strand.givenLately = 0;
        await Promise.all(sizes.map(([strand, size]) => readMore(strand, size)));
        give(out, wanted);
      }
      return out;
    },
  };
}

/** How much to read of each source, within `mayRead` in all; nothing where that isn't enough to go on. */
function readSizes<Source, Entry>(
  strands: readonly Strand<Source, Entry>[],
  missing: number,
  mayRead: number,
): (readonly [Strand<Source, Entry>, number])[] {
  const open = strands.filter(({ isEnd }) => !isEnd);
  const blocking = open.filter(({ buffer }) => buffer.length === 0);
  if (blocking.length > mayRead || open.length === 0) return [];
  const [only] = open;
  if (strands.length === 1 && only !== undefined) {
    return [[only, Math.min(mayRead, missing + Math.floor(missing / 10))]];
  }
  const given = strands.reduce((sum, strand) => sum + strand.given, 0);
  const givenLately = strands.reduce((sum, strand) => sum + strand.givenLately, 0);
  const firstLook = Math.max(1, Math.floor(missing / 10 / strands.length));
  const sizeOf = (strand: Strand<Source, Entry>) => {
    if (given === 0) return firstLook;
    const share = (strand.givenLately + INERTIA * (strand.given / given)) / (givenLately + INERTIA);
    const size = Math.ceil(share * missing * CAUTION) - strand.buffer.length;
    return Math.max(strand.buffer.length === 0 ? 1 : 0, size);
  };
  const sizes = open.map((strand) => [strand, sizeOf(strand)] as const).filter(([, size]) => size > 0);
  return withinBound(sizes, mayRead);
}

/** Cuts down what is read ahead first; a source that blocks the others is always read a little. */
function withinBound<Source, Entry>(
  sizes: readonly (readonly [Strand<Source, Entry>, number])[],
  mayRead: number,
): (readonly [Strand<Source, Entry>, number])[] {
  const wanted = sizes.reduce((sum, [, size]) => sum + size, 0);
  if (wanted <= mayRead) return [...sizes];
  const blocking = sizes.filter(([{ buffer }]) => buffer.length === 0);
  const needed = blocking.reduce((sum, [, size]) => sum + size, 0);
  const spare = mayRead - blocking.length;
  return blocking.map(([strand, size]) => [strand, 1 + Math.floor(((size - 1) / Math.max(1, needed)) * spare)]);
}
