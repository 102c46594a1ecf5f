import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  destinationChangedBeforePayout,
  isNewsOf,
  manyFailures,
  newAddress,
  type PersonProfile,
  type SeenAddress,
  unusualFrequency,
  unusualHours,
  withAddress,
} from "../../../shared/access/suspicion.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = "2026-11-21T09:00:00.000Z";
const at = (ms: number) => new Date(Date.parse(NOW) + ms).toISOString();

function profileOf(more: Partial<PersonProfile>): PersonProfile {
  const none = { actions: 0, previousActions: 0, failures: 0, previousFailures: 0 };
  return { windowFrom: NOW, ...none, addresses: [], ...more };
}

describe("the frequency of actions", () => {
  it.each<[number, number, number, string | undefined]>([
    [30, 0, 0, undefined],
    [31, 0, 0, "medium"],
    [100, 0, 9 * MINUTE, "medium"],
    [101, 0, 0, "high"],
    // Half of the window before still lies in the ten minutes.
    [1, 60, 5 * MINUTE, "medium"],
    [1, 58, 5 * MINUTE, undefined],
    [1, 100, 10 * MINUTE - 1, undefined],
    [30, 1_000, 60 * MINUTE, undefined],
  ])("%d now and %d before, after %d ms, is %s", (actions, previousActions, afterMs, risk) => {
    const found = unusualFrequency(profileOf({ actions, previousActions }), at(afterMs));
    expect(found?.riskLevel).toBe(risk);
    if (found !== undefined) expect(found.kind).toBe("unusual_frequency");
  });

  it("never grows while time passes and nothing is done", () => {
    const count = fc.integer({ min: 0, max: 300 });
    const order = [undefined, "medium", "high"];
    fc.assert(
      fc.property(count, count, fc.nat(20 * MINUTE), fc.nat(20 * MINUTE), (actions, previousActions, a, b) => {
        const profile = profileOf({ actions, previousActions });
        const [early, late] = [Math.min(a, b), Math.max(a, b)].map((ms) => unusualFrequency(profile, at(ms)));
        expect(order.indexOf(late?.riskLevel)).toBeLessThanOrEqual(order.indexOf(early?.riskLevel));
      }),
    );
  });
});

describe("refused actions", () => {
  it.each<[number, number, string | undefined]>([
    [4, 0, undefined],
    [5, 0, "medium"],
    [19, 0, "medium"],
    [20, 0, "high"],
    [1, 4, "medium"],
  ])("%d now and %d just before are %s", (failures, previousFailures, risk) => {
    expect(manyFailures(profileOf({ failures, previousFailures }), NOW)?.riskLevel).toBe(risk);
  });
});

describe("a sensitive action's hour", () => {
  const hours = { from: 8, to: 18 };

  it.each<[string, string, boolean]>([
    ["UTC", "2026-11-21T07:59:59.999Z", true],
    ["UTC", "2026-11-21T08:00:00.000Z", false],
    ["UTC", "2026-11-21T17:59:59.999Z", false],
    ["UTC", "2026-11-21T18:00:00.000Z", true],
    ["UTC", "2026-11-21T00:30:00.000Z", true],
    ["Europe/Berlin", "2026-11-21T07:00:00.000Z", false],
    ["Europe/Berlin", "2026-07-21T16:00:00.000Z", true],
    ["Asia/Tokyo", "2026-11-21T23:00:00.000Z", false],
  ])("in %s at %s is unusual: %s", (timeZone, now, expected) => {
    expect(unusualHours(hours, timeZone, now) !== undefined).toBe(expected);
  });

  it("is never unusual where no working hours are set, or all day is", () => {
    expect(unusualHours(undefined, "UTC", "2026-11-21T03:00:00.000Z")).toBeUndefined();
    for (let hour = 0; hour < 24; hour += 1) {
      const now = `2026-11-21T${String(hour).padStart(2, "0")}:15:00.000Z`;
      expect(unusualHours({ from: 0, to: 24 }, "UTC", now)).toBeUndefined();
    }
  });
});

describe("a sensitive action's address", () => {
  const home: SeenAddress = { address: "203.0.113.7", firstSeenAt: at(-30 * DAY), lastSeenAt: at(-DAY) };
  const isNew = (addresses: readonly SeenAddress[], address: string, now = NOW) =>
    newAddress(withAddress(addresses, address, now), address, now) !== undefined;

  it("is new when it was never seen and another was", () => {
    expect(isNew([home], "198.51.100.9")).toBe(true);
  });

  it("is not new when it is the person's first", () => {
    expect(isNew([], "198.51.100.9")).toBe(false);
  });

  it("is not new when it was seen in the last 90 days", () => {
    const seen = { ...home, address: "198.51.100.9", firstSeenAt: at(-80 * DAY), lastSeenAt: at(-80 * DAY) };
    expect(isNew([home, seen], "198.51.100.9")).toBe(false);
  });

  it("is new again when it was last seen more than 90 days ago", () => {
    const old = { ...home, address: "198.51.100.9", firstSeenAt: at(-200 * DAY), lastSeenAt: at(-90 * DAY - 1) };
    expect(isNew([home, old], "198.51.100.9")).toBe(true);
  });

  it("is not new when all others were last seen more than 90 days ago", () => {
    expect(isNew([{ ...home, lastSeenAt: at(-91 * DAY) }], "198.51.100.9")).toBe(false);
  });

  it("stays new for an hour, so that a harmless action from it hides nothing", () => {
    const after = withAddress([home], "198.51.100.9", NOW);
    expect(isNew(after, "198.51.100.9", at(HOUR))).toBe(true);
    expect(isNew(after, "198.51.100.9", at(HOUR + 1))).toBe(false);
    expect(isNew(after, home.address, at(MINUTE))).toBe(false);
  });

  it("is remembered, at most 20 of them, the latest ones", () => {
    const seenAt = fc.record({ host: fc.nat(60), ms: fc.nat(100 * DAY) });
    fc.assert(
      fc.property(fc.array(seenAt, { maxLength: 120 }), (visits) => {
        let addresses: readonly SeenAddress[] = [];
        let now = 0;
        for (const { host, ms } of visits) {
          now += ms % HOUR;
          addresses = withAddress(addresses, `203.0.113.${host}`, at(now));
          expect(addresses[0]).toMatchObject({ address: `203.0.113.${host}`, lastSeenAt: at(now) });
        }
        expect(addresses.length).toBeLessThanOrEqual(20);
        expect(new Set(addresses.map(({ address }) => address)).size).toBe(addresses.length);
        const times = addresses.map(({ lastSeenAt }) => lastSeenAt);
        expect(times).toEqual([...times].sort().reverse());
      }),
    );
  });

  it("is written again when it is unknown or a day old, and not each time", () => {
    expect(isNewsOf([home], "198.51.100.9", NOW)).toBe(true);
    expect(isNewsOf([home], home.address, NOW)).toBe(false);
    expect(isNewsOf([home], home.address, at(1))).toBe(true);
  });
});

describe("a destination changed before a payout", () => {
  const release = { operation: "releaseEscrowHold", entityId: "eh_1" };

  it.each<[string, number, boolean]>([
    ["just now", 0, true],
    ["72 h ago", -72 * HOUR, true],
    ["more than 72 h ago", -72 * HOUR - 1, false],
  ])("%s", (_when, ms, expected) => {
    const found = destinationChangedBeforePayout({ ...release, destinationChangedAt: at(ms) }, NOW);
    expect(found !== undefined).toBe(expected);
    if (found !== undefined) expect(found).toMatchObject({ riskLevel: "high", about: "eh_1" });
  });

  it("never is suspicious where it never changed", () => {
    expect(destinationChangedBeforePayout({ ...release, destinationChangedAt: undefined }, NOW)).toBeUndefined();
  });

  it.each([
    ["approvePayout", true],
    ["triggerPayoutSchedule", true],
    ["retryPayout", true],
    ["bulkReleaseEscrowHolds", true],
    ["rejectPayout", false],
    ["cancelPayout", false],
    ["forfeitEscrowHold", false],
  ])("matters to %s: %s", (operation, expected) => {
    const found = destinationChangedBeforePayout({ ...release, operation, destinationChangedAt: NOW }, NOW);
    expect(found !== undefined).toBe(expected);
  });
});
