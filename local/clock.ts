import type { DatabaseSync } from "node:sqlite";
import type { TimerOptions, VirtualClock } from "./contracts.ts";
import { TimerQueue } from "./scheduler/timer-queue.ts";

/** Node's timers count in 31 bits; waking up once an hour also follows a machine that slept. */
const longestWaitMs = 3_600_000;
/** A timer that always sets itself for "now" would never let the clock pass. */
const stopLimit = 1_000_000;

export interface ClockOptions {
  readonly db: DatabaseSync;
  /** What becomes of an error that a timer throws; the clock goes on in any case. */
  readonly onError: (error: unknown, timerKey: string) => void;
}

/** Real time plus an offset that is kept in the host database, so that a restart doesn't bring a moved clock back. */
export function createVirtualClock({ db, onError }: ClockOptions): VirtualClock {
  db.exec("CREATE TABLE IF NOT EXISTS clock (id INTEGER PRIMARY KEY CHECK (id = 1), offset_ms REAL NOT NULL)");
  const stored = db.prepare("SELECT offset_ms FROM clock WHERE id = 1").get();
  const saveOffset = db.prepare("INSERT OR REPLACE INTO clock (id, offset_ms) VALUES (1, ?)");
  const shared = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
  const cell = new Float64Array(shared);
  cell[0] = Number(stored?.offset_ms ?? 0);

  const timers = new TimerQueue();
  let wakeUp: NodeJS.Timeout | undefined;
  let closed = false;
  let isMoving = false;
  let moving: Promise<unknown> = Promise.resolve();

  const now = () => Date.now() + (cell[0] ?? 0);

  function arm(): void {
    clearTimeout(wakeUp);
    const next = timers.earliest((recurring) => !(recurring && isMoving));
    if (closed || next === undefined) return;
    wakeUp = setTimeout(onWakeUp, Math.min(Math.max(next - now(), 0), longestWaitMs));
  }

  function onWakeUp(): void {
    // While the clock is being moved, recurring ticks wait for the stops of `advanceTo`.
    void fireDue((recurring) => !(recurring && isMoving));
    arm();
  }

  /** Takes everything that is due out of the queue at once, then fires it, so that a timer may set itself again. */
  async function fireDue(wanted: (recurring: boolean) => boolean): Promise<number> {
    const due = timers.takeDue(now(), wanted);
    await Promise.all(
      due.map(async (timer) => {
        try {
          await timer.fire();
        } catch (error) {
          onError(error, timer.key);
        }
      }),
    );
    return due.length;
  }

  function moveTo(instantMs: number): void {
    const offset = instantMs - Date.now();
    cell[0] = offset;
    saveOffset.run(offset);
  }

  async function advance(targetMs: number, settle: () => Promise<void>): Promise<{ stops: number; fired: number }> {
    if (targetMs < now()) throw new RangeError("the clock can't be moved back");
    // What is due now comes before what is due later: after a restart there may be a lot of it.
    await fireDue((recurring) => !recurring);
    await settle();
    let stops = 0;
    let fired = 0;
    for (; stops < stopLimit; stops += 1) {
      if (closed) throw new Error("the clock is closed");
      const next = timers.earliest((recurring) => !recurring);
      const stop = Math.min(next ?? targetMs, targetMs);
      const isLast = stop >= targetMs || now() >= targetMs;
      if (stop > now()) moveTo(stop);
      // One-off timers first: a sweep at the same instant must find the work of those done.
      const firedOnce = await fireDue((recurring) => !recurring);
      await settle();
      const firedRecurring = await fireDue((recurring) => recurring);
      if (firedRecurring > 0) await settle();
      fired += firedOnce + firedRecurring;
      const remaining = timers.earliest((recurring) => !recurring) ?? Number.POSITIVE_INFINITY;
      if (isLast && remaining > targetMs) return { stops: stops + 1, fired };
    }
    throw new Error(
      `more than ${stopLimit} stops on the way: a timer sets itself again and again for the same instant`,
    );
  }

  return {
    now,
    offset: shared,
    setTimer(key, atMs, fire, options: TimerOptions = {}) {
      timers.set({ key, atMs, fire, recurring: options.recurring ?? false });
      arm();
    },
    clearTimer(key) {
      timers.delete(key);
    },
    advanceTo(targetMs, settle) {
      const result = moving.then(async () => {
        isMoving = true;
        try {
          return await advance(targetMs, settle);
        } finally {
          isMoving = false;
          arm();
        }
      });
      moving = result.catch(() => undefined);
      return result;
    },
    close() {
      closed = true;
      clearTimeout(wakeUp);
    },
  };
}
