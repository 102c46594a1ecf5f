/** Concurrent work whose calls to the outside go one after the other, in an order drawn from a seed. */

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Turns {
  /** Waits for its turn where a race is on; otherwise goes at once. */
  io<T>(work: () => Promise<T>): Promise<T>;
  /** Runs everything at the same time; which of the calls that are waiting goes next is drawn anew each time. */
  race<T>(random: () => number, racers: readonly (() => Promise<T>)[]): Promise<T[]>;
}

/** How often two calls are really under way together. */
const TOGETHER = 0.15;

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

export function createTurns(): Turns {
  let waiting: (() => Promise<void>)[] | undefined;

  return {
    io(work) {
      if (waiting === undefined) return work();
      const queue = waiting;
      return new Promise((resolve, reject) => {
        queue.push(async () => {
          await work().then(resolve, reject);
        });
      });
    },

    async race(random, racers) {
      const queue: (() => Promise<void>)[] = [];
      waiting = queue;
      let running = racers.length;
      const all = Promise.allSettled(
        racers.map((racer) =>
          racer().finally(() => {
            running -= 1;
          }),
        ),
      );
      while (running > 0) {
        // Whoever can go on without a call has done so after this.
        await tick();
        const next = Array.from({ length: random() < TOGETHER ? 2 : 1 }, () =>
          queue.splice(Math.floor(random() * queue.length), 1),
        ).flat();
        await Promise.all(next.map((go) => go()));
      }
      waiting = undefined;
      const results = await all;
      return results.map((result) => {
        if (result.status === "rejected") throw result.reason;
        return result.value;
      });
    },
  };
}
