/** P1: taking in a placement, against one raw TransactWriteItems of the very same items. */
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { createIntake } from "../shared/commands/intake.ts";
import { createReleases } from "../shared/commands/releases.ts";
import type { PayoutPolicy } from "../shared/domain/model.ts";
import { type InboundEvent, parseInbound } from "../shared/events/inbound.ts";
import { createStore } from "../shared/store/store.ts";
import { type PreparedStore, watchCalls } from "./prepared-store.ts";
import { type Ratio, runAtOnce, timeRatio } from "./ratio.ts";

export interface IntakeResult {
  /** Calls and units of one placement with one payee, by operation. */
  readonly perPlacement: Readonly<Record<string, { readonly calls: number; readonly units: number }>>;
  readonly ratios: readonly { readonly concurrency: number; readonly ratio: Ratio }[];
}

const ORGANIZATION = "bench";
const PAYEES = 64;
const POLICY: PayoutPolicy = {
  holdbackBp: 2_000,
  guaranteeDays: 90,
  triggerEvent: "guarantee_period_end",
  approval: "auto",
  timeZone: "Europe/Berlin",
};

type TransactItems = TransactWriteCommandInput["TransactItems"];

const payeeOf = (number: number) => `payee-${number % PAYEES}`;

function activation(placementId: string, payeeId: string): InboundEvent {
  const parsed = parseInbound("placement.activated", {
    organization_id: ORGANIZATION,
    placement_id: placementId,
    company_id: "initech",
    currency: "USD",
    fee_amount: 1_250_000,
    start_date: "2026-11-21",
    payees: [{ payee_id: payeeId, share_bp: 10_000 }],
    occurred_at: "2026-11-21T09:00:00.000Z",
  });
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.event;
}

function payee(payeeId: string): InboundEvent {
  const parsed = parseInbound("payee.upserted", {
    organization_id: ORGANIZATION,
    payee_id: payeeId,
    name: "Amara Osei",
    default_currency: "USD",
    verified: true,
    destinations: [{ provider: "stripe", account: "acct_amaraosei" }],
  });
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.event;
}

function intakeOn(client: DynamoDBDocumentClient, tableName: string) {
  const world = {
    store: createStore({ client, tableName }),
    now: Date.now,
    random: Math.random,
    sleep: async () => {},
  };
  const intake = createIntake({ ...world, releases: createReleases(world), defaultPolicy: POLICY });
  return async (event: InboundEvent, eventId: string): Promise<void> => {
    const meta = { eventId, source: "placements", time: "2026-11-21T09:00:00Z" };
    const result = await intake.take(event, meta);
    if (result.kind === "refused") throw new Error(result.refusal.message);
  };
}

/** Runs the real command on a client that reads for real and keeps the write instead of sending it. */
async function itemsOf(store: PreparedStore, placementId: string, payeeId: string): Promise<TransactItems> {
  let items: TransactItems;
  const recorder = {
    send: (command: GetCommand | BatchGetCommand | TransactWriteCommand) => {
      if (command instanceof GetCommand) return store.client.send(command);
      if (command instanceof BatchGetCommand) return store.client.send(command);
      items = command.input.TransactItems;
      return Promise.resolve({});
    },
  };
  const take = intakeOn(recorder as unknown as DynamoDBDocumentClient, store.tableName);
  await take(activation(placementId, payeeId), placementId);
  if (items === undefined) throw new Error("the command wrote nothing");
  return items;
}

export interface IntakeOptions {
  readonly rounds: number;
  readonly placementsPerTurn: number;
}

export async function intakeAgainstRaw(store: PreparedStore, options: IntakeOptions): Promise<IntakeResult> {
  const { client, tableName } = store;
  const take = intakeOn(client, tableName);
  for (let number = 0; number < PAYEES; number += 1) await take(payee(payeeOf(number)), `payee-${number}`);

  const watch = watchCalls(client);
  await take(activation("counted", payeeOf(0)), "counted");
  watch.stop();
  const perPlacement: Record<string, { calls: number; units: number }> = {};
  for (const { operation, units } of watch.calls) {
    const row = perPlacement[operation] ?? { calls: 0, units: 0 };
    perPlacement[operation] = { calls: row.calls + 1, units: row.units + units };
  }
  const ratios: { concurrency: number; ratio: Ratio }[] = [];
  for (const concurrency of [1, 8]) {
    ratios.push({ concurrency, ratio: await contest(store, take, { ...options, concurrency }) });
  }
  return { perPlacement, ratios };
}

async function contest(
  store: PreparedStore,
  take: ReturnType<typeof intakeOn>,
  options: IntakeOptions & { concurrency: number },
): Promise<Ratio> {
  const { rounds, placementsPerTurn, concurrency } = options;
  const ids = (side: string, round: number, turn: number) =>
    Array.from({ length: placementsPerTurn }, (_, number) => `${concurrency}-${side}-${round}-${turn}-${number}`);
  // B's items are made before anything is timed.
  const prepared = new Map<string, TransactItems[]>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const turn of [0, 1]) {
      const writes = await Promise.all(ids("b", round, turn).map((id, number) => itemsOf(store, id, payeeOf(number))));
      prepared.set(`${round}/${turn}`, writes);
    }
  }

  return timeRatio({
    rounds,
    a: (round, turn) =>
      runAtOnce(
        ids("a", round, turn).map((id, number) => () => take(activation(id, payeeOf(number)), id)),
        concurrency,
      ),
    b: (round, turn) =>
      runAtOnce(
        (prepared.get(`${round}/${turn}`) ?? []).map(
          (TransactItems) => () => store.client.send(new TransactWriteCommand({ TransactItems })),
        ),
        concurrency,
      ),
  });
}
