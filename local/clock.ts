import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { TimerOptions, VirtualClock } from "./contracts.ts";
import { TimerQueue } from "./scheduler/timer-queue.ts";

/** Node's timers count in 31 bits; waking up once an hour also follows a machine that slept. */
const longestWaitMs = 3_600_000;
/** A timer that always sets itself for "now" would never let the clock pass. */
const stopLimit = 1_000_000;
/** Real time between two looks at what has fallen due while the host settles. */
const settlingLookMs = 20;

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

  /** The clock runs on meanwhile: what falls due then has to fire, since the host isn't settled until it has. */
  async function settleAndFire(settle: () => Promise<void>): Promise<number> {
    let settled = false;
    let fired = 0;
    const settling = settle().finally(() => {
      settled = true;
    });
    while (!settled) {
      await Promise.race([settling, sleep(settlingLookMs)]);
      if (!settled) fired += await fireDue((recurring) => !recurring);
    }
    await settling;
    return fired;
  }

  async function advance(targetMs: number, settle: () => Promise<void>): Promise<{ stops: number; fired: number }> {
    if (targetMs < now()) throw new RangeError("the clock can't be moved back");
    let stops = 0;
    // What is due now comes before what is due later: after a restart there may be a lot of it.
    let fired = await fireDue((recurring) => !recurring);
    fired += await settleAndFire(settle);
    for (; stops < stopLimit; stops += 1) {
      if (closed) throw new Error("the clock is closed");
      const next = timers.earliest((recurring) => !recurring);
      const stop = Math.min(next ?? targetMs, targetMs);
      const isLast = stop >= targetMs || now() >= targetMs;
      if (stop > now()) moveTo(stop);
      // One-off timers first: a sweep at the same instant must find the work of those done.
      fired += await fireDue((recurring) => !recurring);
      fired += await settleAndFire(settle);
      const firedRecurring = await fireDue((recurring) => recurring);
      fired += firedRecurring;
      if (firedRecurring > 0) fired += await settleAndFire(settle);
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
