import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type OperationId, operations } from "../../../shared/api/contract/operations.ts";
import type { OperationSpec } from "../../../shared/api/operation.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import {
  createRaceTrack,
  type Deed,
  NOTHING,
  type Outcome,
  type Racer,
  type RaceTrack,
  type Setup,
} from "./races-fixture.ts";

/** `RACES_PER_CASE=100 npm run test:api -- races` for a long look. */
const TRIES = Number(process.env.RACES_PER_CASE ?? 8);
/** There are 136 cases. */
const LEAST_TRIES = 130 * TRIES;

let dynamo: TestDynamo;
let track: RaceTrack;

// A store of its own for each: it gets slower as it gets fuller.
beforeEach(async () => {
  dynamo = await startDynamo();
  track = await createRaceTrack(dynamo);
  await track.open("sven", "olga");
});
afterEach(() => dynamo.stop());

const LATER = "2026-07-01T00:00:00.000Z";

const onPayout = (operation: OperationId, body?: object): Deed => ({
  operation,
  of: ({ payout }) => payout,
  ...(body === undefined ? {} : { body: () => body }),
});
const onHold = (operation: OperationId, body?: object): Deed => ({
  ...onPayout(operation, body),
  of: ({ hold }) => hold,
});
const onSchedule = (operation: OperationId, body?: object): Deed => ({
  ...onPayout(operation, body),
  of: ({ schedule }) => schedule,
});
const onTransfer = (operation: OperationId, body?: object): Deed => ({
  ...onPayout(operation, body),
  of: ({ transfer }) => transfer,
});

const why = { reason: "because" };
const approve = onPayout("approvePayout", {});
const reject = onPayout("rejectPayout", why);

/** What can be done to a payout in a state. */
const deeds: Readonly<Record<Setup, Readonly<Record<string, Deed>>>> = {
  "waits for approval": {
    approve,
    reject,
    cancel: onPayout("cancelPayout", why),
    delete: onPayout("deletePayout"),
  },
  "waits for two approvals": { approve, reject },
  "is approved": {
    "release the hold": onHold("releaseEscrowHold", {}),
    "release a part": onHold("releaseEscrowHold", { amount: 5_000 }),
    "release more than half": onHold("releaseEscrowHold", { amount: 12_000 }),
    "release in bulk": { operation: "bulkReleaseEscrowHolds", body: ({ hold }) => ({ ids: [hold] }) },
    "forfeit the hold": onHold("forfeitEscrowHold", why),
    "cancel the hold": onHold("cancelEscrowHold"),
    trigger: onSchedule("triggerPayoutSchedule", {}),
    "trigger in bulk": { operation: "bulkTriggerPayoutSchedules", body: ({ schedule }) => ({ ids: [schedule] }) },
    "cancel the schedule": onSchedule("cancelPayoutSchedule"),
    "postpone the schedule": { ...onSchedule("updatePayoutSchedule", { scheduled_date: LATER }), version: 1 },
    "cancel the payout": onPayout("cancelPayout", why),
    "mark as paid": onPayout("markPayoutPaid", { reference: "SEPA 42" }),
  },
  "has sent its schedule": {
    reverse: onTransfer("reverseTransfer", why),
    "reverse a part": onTransfer("reverseTransfer", { amount: 30_000, ...why }),
  },
};

/** Done twice, these have their effect twice: there is enough for both. */
const REPEATABLE: ReadonlySet<string> = new Set(["waits for two approvals approve", "is approved release a part"]);

interface Case {
  readonly name: string;
  readonly setup: Setup;
  readonly racers: readonly [Racer, Racer];
  /** Both the same deed, which can have its effect once only. */
  readonly once: boolean;
}

const cases = (Object.keys(deeds) as Setup[]).flatMap((setup): Case[] => {
  const own = Object.entries(deeds[setup]);
  const byTwo = own.flatMap(([first, one], index) =>
    own.slice(index).map(([second, other]): Case => {
      const racers = [
        { ...one, by: "sven", key: "a" },
        { ...other, by: "olga", key: "b" },
      ] as const;
      const once = first === second && !REPEATABLE.has(`${setup} ${first}`);
      return { name: `${setup}: ${first} ∥ ${second}, by two people`, setup, racers, once };
    }),
  );
  const byOne = own.map(([name, deed]): Case => {
    const racers = [
      { ...deed, by: "sven", key: "a" },
      { ...deed, by: "sven", key: "b" },
    ] as const;
    // Nobody has two votes.
    const once = name === "approve" || !REPEATABLE.has(`${setup} ${name}`);
    return { name: `${setup}: ${name}, twice by one person`, setup, racers, once };
  });
  return [...byTwo, ...byOne];
});

/** One key, two intents: whichever is later is told so. */
const mixedUp = (
  [
    ["waits for approval", "approve", "reject"],
    ["is approved", "release the hold", "release a part"],
    ["is approved", "release a part", "release more than half"],
    ["is approved", "release the hold", "trigger"],
  ] as const
).flatMap(([setup, first, second]): Case[] => {
  const [one, other] = [deeds[setup][first], deeds[setup][second]];
  if (one === undefined || other === undefined) return [];
  const racers = [
    { ...one, by: "sven", key: "same" },
    { ...other, by: "sven", key: "same" },
  ] as const;
  return [{ name: `${setup}: ${first} ∥ ${second}, with one key`, setup, racers, once: true }];
});

const keyed = (Object.keys(deeds) as Setup[]).flatMap((setup) =>
  Object.entries(deeds[setup])
    .filter(([, { operation }]) => (operations[operation] as OperationSpec).movesMoney)
    .map(([name, deed]): Case => {
      const racer = { ...deed, by: "sven", key: "same" };
      return { name: `${setup}: ${name}, repeated with the same key`, setup, racers: [racer, racer], once: false };
    }),
);

/** The effects of a serial run, in either order: a race has to come to one of them, in every field of every record. */
async function serially({ setup, racers }: Case): Promise<Outcome[]> {
  return [await track.run(setup, racers, "forwards"), await track.run(setup, racers, "backwards")];
}

function expectOneOf(outcome: object, expected: readonly Outcome[], seed: number): void {
  const fits = expected.some((serial) => isDeepStrictEqual(serial, outcome));
  if (!fits) expect(outcome, `seed ${seed}`).toEqual(expected[0]);
}

const succeeded = ({ answers }: Outcome) => answers.filter(({ code }) => code === undefined).length;
let raced = 0;

const numbered = (list: readonly Case[]) => list.map((one, index) => [one.name, { ...one, index }] as const);

describe("two requests at once come to what they come to one after the other", () => {
  it.each(numbered([...cases, ...mixedUp]))("%s", async (_name, one) => {
    const expected = await serially(one);
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const seed = one.index * 10_000 + attempt;
      const outcome = await track.run(one.setup, one.racers, seed);
      raced += 1;
      if (one.once) expect(succeeded(outcome), `seed ${seed}: ${JSON.stringify(outcome.answers)}`).toBe(1);
      expectOneOf(outcome, expected, seed);
    }
  });
});

describe("a request and its repetition at once have one effect and one answer", () => {
  it.each(numbered(keyed))("%s", async (_name, one) => {
    const expected = await serially(one);
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const seed = one.index * 10_000 + attempt;
      const outcome = await track.run(one.setup, one.racers, seed);
      raced += 1;
      const inUse = outcome.answers.findIndex(({ code }) => code === "idempotency_key_in_use");
      const answers = outcome.answers.map((_, at) => outcome.answers[inUse === at ? 1 - at : at]);
      expectOneOf({ ...outcome, answers }, expected, seed);
    }
  });
});

describe("what is about more than one payout", () => {
  it("a limit for two approvals by one person takes one of them", async () => {
    await track.settings({ approver_limit_amounts: { USD: 150_000 } });
    // What each function knows of the settings is a moment old at the most; decisions read their own.
    for (let seed = 0; seed < TRIES; seed += 1) {
      await track.forgetUsage(["sven"]);
      const both = [await track.arrange("waits for approval"), await track.arrange("waits for approval")];
      const racers = both.map((ids) => ({ ids, racer: { ...approve, by: "sven", key: ids.payout } }));
      const answers = await track.race(racers, seed);
      raced += 1;
      expect(answers.map(({ code }) => code ?? "done").sort(), `seed ${seed}`).toEqual([
        "approver_limit_exceeded",
        "done",
      ]);
    }
    await track.settings({ approver_limit_amounts: { USD: null } });
  });

  it("of two super_admins who take each other's role away one stays", async () => {
    const people = ["una", "vera"] as const;
    for (let seed = 0; seed < TRIES; seed += 1) {
      const [una, vera] = people.map((name) => `${name}-${seed}`);
      for (const subject of [una, vera]) {
        await track.ask(
          { operation: "grantRole", body: () => ({ subject, role: "super_admin" }), by: "root", key: "-" },
          NOTHING,
        );
      }
      const revoke = (by = "", subject = ""): Racer => ({ operation: "revokeRole", of: () => subject, by, key: "-" });
      const answers = await track.race(
        [revoke(una, vera), revoke(vera, una)].map((racer) => ({ racer, ids: NOTHING })),
        seed,
      );
      raced += 1;
      const left = (await track.world.all("role_assignment")).filter(
        ({ id, status }) => status === "active" && people.some((name) => id === `${name}-${seed}`),
      );
      expect([left.length, answers.filter(({ status }) => status === 200).length], `seed ${seed}`).toEqual([1, 1]);
    }
  });
});

it("every case was tried so many times", () => {
  expect(raced).toBeGreaterThan(LEAST_TRIES);
});
