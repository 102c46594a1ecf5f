import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OperationId, operations } from "../../../shared/api/contract/operations.ts";
import type { OperationSpec } from "../../../shared/api/operation.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { createRaceTrack, type Deed, type Outcome, type Racer, type RaceTrack, type Setup } from "./races-fixture.ts";

/** `RACES_PER_CASE=100 npx vitest run test/shared/api/races.test.ts` for a long look. */
const TRIES = Number(process.env.RACES_PER_CASE ?? 8);
const LEAST_TRIES = 1_000;

let dynamo: TestDynamo;
let track: RaceTrack;

beforeAll(async () => {
  dynamo = await startDynamo();
  track = await createRaceTrack(dynamo);
  await track.open("sven", "olga");
});
afterAll(() => dynamo.stop());

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

const keyed = (Object.keys(deeds) as Setup[]).flatMap((setup) =>
  Object.entries(deeds[setup])
    .filter(([, { operation }]) => (operations[operation] as OperationSpec).movesMoney)
    .map(([name, deed]): Case => {
      const racer = { ...deed, by: "sven", key: "same" };
      return { name: `${setup}: ${name}, repeated with the same key`, setup, racers: [racer, racer], once: false };
    }),
);

const BOTH_ORDERS = [
  [0, 1],
  [1, 0],
] as const;

/** The effects of a serial run, in either order: a race has to come to one of them, in every field of every record. */
async function serially({ setup, racers }: Case): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const order of BOTH_ORDERS) outcomes.push(await track.run(setup, racers, order));
  return outcomes;
}

const succeeded = ({ answers }: Outcome) => answers.filter(({ code }) => code === undefined).length;
let raced = 0;

describe("two requests at once come to what they come to one after the other", () => {
  it.each(cases.map((one, index) => ({ ...one, index })))("$name", async (one) => {
    const expected = await serially(one);
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const seed = one.index * 10_000 + attempt;
      const outcome = await track.run(one.setup, one.racers, { seed });
      raced += 1;
      if (one.once) expect(succeeded(outcome), `seed ${seed}: ${JSON.stringify(outcome.answers)}`).toBe(1);
      const fits = expected.some((serial) => JSON.stringify(serial) === JSON.stringify(outcome));
      if (!fits) expect(outcome, `seed ${seed}`).toEqual(expected[0]);
    }
  });
});

describe("a request and its repetition at once have one effect and one answer", () => {
  it.each(keyed.map((one, index) => ({ ...one, index })))("$name", async (one) => {
    const [expected] = await serially(one);
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const seed = one.index * 10_000 + attempt;
      const outcome = await track.run(one.setup, one.racers, { seed });
      raced += 1;
      console.log(JSON.stringify(outcome.answers.map((a) => a.code ?? a.status)));
      expect(outcome, `seed ${seed}`).toEqual(expected);
    }
  });
});

it("more than a thousand were tried", () => {
  expect(raced).toBeGreaterThan(LEAST_TRIES);
});
