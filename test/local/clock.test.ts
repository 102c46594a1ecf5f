import { spawnSync } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { createVirtualClock } from "../../local/clock.ts";
import type { VirtualClock } from "../../local/contracts.ts";
import { openHostDatabase } from "../../local/database.ts";
import { temporaryDirectory } from "./template-fixture.ts";

const minute = 60_000;
const day = 86_400_000;
const sourceUrl = (file: string) => new URL(`../../local/${file}`, import.meta.url).href;
const settled = async () => undefined;
const open: VirtualClock[] = [];

function startClock(directory = temporaryDirectory("clock")) {
  const errors: unknown[] = [];
  const clock = createVirtualClock({ db: openHostDatabase(directory), onError: (error) => errors.push(error) });
  open.push(clock);
  return { clock, directory, errors };
}

afterEach(() => {
  for (const clock of open.splice(0)) clock.close();
});

describe("moving the clock", () => {
  it("stops at each due instant in order, showing that very instant", async () => {
    const { clock } = startClock();
    const start = clock.now();
    const seen: [string, number][] = [];
    clock.setTimer("b", start + 2 * day, () => void seen.push(["b", clock.now() - start]));
    clock.setTimer("a", start + day, () => void seen.push(["a", clock.now() - start]));

    const result = await clock.advanceTo(start + 3 * day, settled);

    expect(seen.map(([key]) => key)).toEqual(["a", "b"]);
    expect(Math.abs((seen[0]?.[1] ?? 0) - day)).toBeLessThan(50);
    expect(result).toEqual({ stops: 3, fired: 2 });
    expect(clock.now()).toBeGreaterThanOrEqual(start + 3 * day);
  });

  it("waits for what a timer set off before it goes on", async () => {
    const { clock } = startClock();
    const start = clock.now();
    const order: string[] = [];
    clock.setTimer("first", start + minute, () => {
      order.push("fired");
      clock.setTimer("second", start + 2 * minute, () => void order.push("followed"));
    });

    await clock.advanceTo(start + 3 * minute, async () => void order.push("settled"));

    expect(order).toEqual(["settled", "fired", "settled", "followed", "settled", "settled"]);
  });

  it("fires a recurring timer once at each stop of others and once at the end, after the others", async () => {
    const { clock } = startClock();
    const start = clock.now();
    const order: string[] = [];
    const tick = () => {
      order.push("tick");
      clock.setTimer("sweep", clock.now() + 5 * minute, tick, { recurring: true });
    };
    clock.setTimer("sweep", start + 5 * minute, tick, { recurring: true });
    clock.setTimer("hold", start + 30 * day, () => void order.push("hold"));

    await clock.advanceTo(start + 90 * day, settled);

    expect(order).toEqual(["hold", "tick", "tick"]);
  });

  it("refuses to go back", async () => {
    const { clock } = startClock();
    await expect(clock.advanceTo(clock.now() - 1000, settled)).rejects.toThrow(RangeError);
  });

  it("goes on when a timer throws, and reports it", async () => {
    const { clock, errors } = startClock();
    clock.setTimer("bad", clock.now() + minute, () => Promise.reject(new Error("broken")));
    await clock.advanceTo(clock.now() + day, settled);
    expect(errors).toEqual([new Error("broken")]);
  });

  it("keeps its offset over a restart and shares it with other threads", async () => {
    const { clock, directory } = startClock();
    await clock.advanceTo(clock.now() + 10 * day, settled);
    clock.close();

    const again = startClock(directory).clock;

    expect(again.now() - Date.now()).toBeGreaterThan(9 * day);
    expect(new Float64Array(again.offset)[0]).toBe(new Float64Array(clock.offset)[0]);
  });
});

describe("a killed process", () => {
  it("leaves the offset that it had moved the clock to", () => {
    const { clock, directory } = startClock();
    const script = `
      const { createVirtualClock } = await import(${JSON.stringify(sourceUrl("clock.ts"))});
      const { openHostDatabase } = await import(${JSON.stringify(sourceUrl("database.ts"))});
      const clock = createVirtualClock({ db: openHostDatabase(${JSON.stringify(directory)}), onError() {} });
      await clock.advanceTo(clock.now() + ${10 * day}, async () => {});
      process.kill(process.pid, "SIGKILL");`;
    const child = spawnSync(process.execPath, ["--input-type=module", "-e", script]);
    expect(child.signal).toBe("SIGKILL");
    clock.close();
    expect(startClock(directory).clock.now() - Date.now()).toBeGreaterThan(9 * day);
  });
});

describe("in real time", () => {
  it("fires a timer of the past as soon as the event loop is free, and not a cleared or replaced one", async () => {
    const { clock } = startClock();
    const fired: string[] = [];
    clock.setTimer("cleared", clock.now() - 1, () => void fired.push("cleared"));
    clock.clearTimer("cleared");
    clock.setTimer("replaced", clock.now() - 1, () => void fired.push("old"));
    await new Promise<void>((resolve) => {
      clock.setTimer("replaced", clock.now() - 1, () => {
        fired.push("new");
        resolve();
      });
    });
    expect(fired).toEqual(["new"]);
  });
});
