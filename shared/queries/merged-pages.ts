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
  /** Entries asked for the last time. */
  lastSize: number;
}

/** Round trips that one call may take. */
const MAX_ROUNDS = 16;
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
    lastSize: 0,
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
    strand.lastSize = limit;
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
        const sizes = readSizes(strands, { missing: wanted - out.length, mayRead: upTo - entriesRead, descending });
        if (sizes.length === 0) break;
        for (const strand of strands) strand.givenLately = 0;
        await Promise.all(sizes.map(([strand, size]) => readMore(strand, size)));
        give(out, wanted);
      }
      return out;
    },
  };
}

type Size<Source, Entry> = readonly [Strand<Source, Entry>, number];

interface Demand {
  readonly missing: number;
  readonly mayRead: number;
  readonly descending: boolean;
}

/** How much to read of each source, within `mayRead` in all; nothing where that isn't enough to go on. */
function readSizes<Source, Entry extends Placed>(
  strands: readonly Strand<Source, Entry>[],
  { missing, mayRead, descending }: Demand,
): readonly Size<Source, Entry>[] {
  const open = strands.filter(({ isEnd }) => !isEnd);
  const [only] = open;
  if (only !== undefined && strands.length === 1) {
    const size = Math.min(mayRead, missing + Math.floor(missing / 10));
    return size === 0 ? [] : [[only, size]];
  }
  const sum = (amount: (strand: Strand<Source, Entry>) => number) =>
    strands.reduce((total, strand) => total + amount(strand), 0);
  const given = sum((strand) => strand.given);
  const givenLately = sum((strand) => strand.givenLately);
  const firstLook = Math.max(1, Math.floor(missing / 10 / strands.length));
  const isNeeded = blocksSoon(strands, missing, descending);
  const sizes = open.flatMap((strand): Size<Source, Entry>[] => {
    if (strand.lastSize === 0) return [[strand, firstLook]];
    const share = (strand.givenLately + (INERTIA * strand.given) / given) / (givenLately + INERTIA);
    const expected = Math.ceil(share * missing * CAUTION) - strand.buffer.length;
    const size = Math.min(expected, 2 * strand.lastSize);
    if (isNeeded(strand)) return [[strand, Math.max(1, size)]];
    return size > 0 && given >= INERTIA ? [[strand, size]] : [];
  });
  return withinBound(sizes, mayRead);
}

const lastOf = (buffer: readonly Placed[], back = 1) => buffer.at(-back)?.position;

/**
 * Which sources will hold the others up before `missing` entries are given out: those whose last known entry comes
 * before one that isn't the last known of its own source.
 */
function blocksSoon<Source, Entry extends Placed>(
  strands: readonly Strand<Source, Entry>[],
  missing: number,
  descending: boolean,
): (strand: Strand<Source, Entry>) => boolean {
  const isBefore = (a: string, b: string) => (descending ? a > b : a < b);
  const inOrder = strands
    .flatMap(({ buffer }) => buffer.map(({ position }) => position))
    .sort((a, b) => (a === b ? 0 : isBefore(a, b) ? -1 : 1));
  const pageEnd = inOrder[missing - 1];
  const passed = strands.flatMap(({ buffer, isEnd }) => lastOf(buffer, isEnd ? 1 : 2) ?? []);
  const furthest = passed.reduce<string | undefined>(
    (best, position) => (best === undefined || isBefore(best, position) ? position : best),
    undefined,
  );
  return ({ buffer }) => {
    const last = lastOf(buffer);
    if (last === undefined) return true;
    return furthest !== undefined && isBefore(last, furthest) && (pageEnd === undefined || isBefore(last, pageEnd));
  };
}

/** Each source at least a little, those first that hold the others up now, and the rest of the bound by what they ask for. */
function withinBound<Source, Entry>(
  sizes: readonly Size<Source, Entry>[],
  mayRead: number,
): readonly Size<Source, Entry>[] {
  const [blocking, others] = [true, false].map((isBlocking) =>
    sizes.filter(([{ buffer }]) => (buffer.length === 0) === isBlocking),
  );
  if (blocking === undefined || others === undefined || blocking.length > mayRead) return [];
  const kept = [...blocking, ...others].slice(0, mayRead);
  const wanted = kept.reduce((sum, [, size]) => sum + size, 0);
  const part = Math.min(1, (mayRead - kept.length) / Math.max(1, wanted - kept.length));
  return kept.map(([strand, size]) => [strand, 1 + Math.floor((size - 1) * part)]);
}
