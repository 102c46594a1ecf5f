/** Times are only ever compared: A and B take turns (A B B A) against the same store, so that what slows one slows both. */
export interface Ratio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
}

export interface Contest {
  readonly rounds: number;
  /** One turn of round `round`; a round has two turns of each. Only what it does is timed. */
  readonly a: (round: number, turn: 0 | 1) => Promise<void>;
  readonly b: (round: number, turn: 0 | 1) => Promise<void>;
}

/** A's time over B's, by round; one round more, the first, is for warming up. */
export async function timeRatio({ rounds, a, b }: Contest): Promise<Ratio> {
  const ratios: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const firstA = await milliseconds(() => a(round, 0));
    const firstB = await milliseconds(() => b(round, 0));
    const secondB = await milliseconds(() => b(round, 1));
    const secondA = await milliseconds(() => a(round, 1));
    if (round > 0) ratios.push((firstA + secondA) / (firstB + secondB));
  }
  return summary(ratios);
}

export function summary(ratios: readonly number[]): Ratio {
  const ordered = [...ratios].sort((left, right) => left - right);
  return {
    median: median(ordered),
    min: ordered[0] ?? Number.NaN,
    max: ordered.at(-1) ?? Number.NaN,
    rounds: ordered.length,
  };
}

/** Of values in order. */
function median(ordered: readonly number[]): number {
  const middle = (ordered.length - 1) / 2;
  const [low = Number.NaN, high = Number.NaN] = [ordered[Math.floor(middle)], ordered[Math.ceil(middle)]];
  return (low + high) / 2;
}

async function milliseconds(work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** Runs the tasks, so many at a time. */
export async function runAtOnce(tasks: readonly (() => Promise<unknown>)[], concurrency: number): Promise<void> {
  const queue = tasks.values();
  const worker = async () => {
    for (const task of queue) await task();
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
