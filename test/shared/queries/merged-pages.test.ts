import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMerge, type Placed } from "../../../shared/queries/merged-pages.ts";

const entry = (position: number): Placed => ({ position: String(position).padStart(9, "0") });

/** Sources as DynamoDB has them: sorted, each read counted. */
function mergeOf(sources: readonly (readonly Placed[])[], descending: boolean, after?: string) {
  let calls = 0;
  const merge = createMerge<number, Placed>({
    sources: sources.map((_, index) => index),
    descending,
    after,
    read: async (index, from, limit) => {
      calls += 1;
      const all = (sources[index] ?? []).toSorted((a, b) => (a.position < b.position ? -1 : 1));
      if (descending) all.reverse();
      const rest = all.filter(({ position }) => from === undefined || (descending ? position < from : position > from));
      return { entries: rest.slice(0, limit), isEnd: rest.length < limit };
    },
  });
  return { merge, calls: () => calls };
}

const positions = (entries: readonly Placed[]) => entries.map(({ position }) => position);
const someSources = fc
  .uniqueArray(fc.nat(5_000), { maxLength: 300 })
  .chain((numbers) =>
    fc.tuple(fc.constant(numbers), fc.array(fc.nat(4), { minLength: numbers.length, maxLength: numbers.length })),
  )
  .map(([numbers, owners]) =>
    [0, 1, 2, 3, 4].map((owner) => numbers.filter((_, index) => owners[index] === owner).map(entry)),
  );

describe("a merge of sorted sources", () => {
  it("gives every entry once and in order, page by page, each page within what it may read", async () => {
    await fc.assert(
      fc.asyncProperty(
        someSources,
        fc.integer({ min: 1, max: 60 }),
        fc.boolean(),
        async (sources, limit, descending) => {
          const all = positions(sources.flat()).sort();
          if (descending) all.reverse();
          const seen: string[] = [];
          const mayRead = Math.max(limit + Math.floor(limit / 10), sources.length);
          for (let page = 0, isEnd = false; !isEnd; page += 1) {
            expect(page).toBeLessThan(400);
            const { merge } = mergeOf(sources, descending, seen.at(-1));
            const taken = await merge.take(limit, mayRead);
            seen.push(...positions(taken));
            expect(merge.entriesRead()).toBeLessThanOrEqual(mayRead);
            isEnd = merge.hasEnded();
            expect(isEnd || taken.length > 0).toBe(true);
          }
          expect(seen).toEqual(all);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("gives an entry once that several sources hold", async () => {
    const { merge } = mergeOf([[1, 2, 5].map(entry), [2, 3, 5].map(entry)], false);
    expect(positions(await merge.take(10, 100))).toEqual(positions([1, 2, 3, 5].map(entry)));
    expect(merge.hasEnded()).toBe(true);
  });

  it("goes on where the last take stopped", async () => {
    const { merge } = mergeOf([[1, 3, 5, 7].map(entry), [2, 4, 6, 8].map(entry)], false);
    const first = await merge.take(3, 100);
    const second = await merge.take(5, 100);
    expect(positions([...first, ...second])).toEqual(positions([1, 2, 3, 4, 5, 6, 7, 8].map(entry)));
  });

  it.each<[string, (number: number) => number]>([
    ["two of the same size", (number) => number % 2],
    ["five of the same size", (number) => (number * 7_919) % 5],
    ["one that has nearly all, three rare ones", (number) => (number % 97 === 0 ? 1 + (number % 3) : 0)],
    ["nine of which one has nine tenths", (number) => (number % 10 === 0 ? 1 + ((number / 10) % 8) : 0)],
  ])("fills nine tenths of a page at least, in few round trips: %s", async (_name, ownerOf) => {
    const sources = Array.from({ length: 9 }, (_, owner) =>
      Array.from({ length: 5_000 }, (__, number) => number)
        .filter((number) => ownerOf(number) === owner)
        .map(entry),
    ).filter((source) => source.length > 0);
    for (const after of [undefined, entry(2_345).position]) {
      const { merge, calls } = mergeOf(sources, false, after);
      const taken = await merge.take(100, 110);
      expect(taken.length).toBeGreaterThanOrEqual(90);
      expect(calls()).toBeLessThanOrEqual(10 * sources.length);
    }
  });
});
